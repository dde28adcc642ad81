import { withAnySignal } from "../aborts.js";
import { sessionBusy, type Place } from "./failures.js";
import type { StatementCall } from "./statement-run.js";

/**
 * Who reads from a connection at leisure, as the callers of a stream do. What is asked meanwhile may be asked by that same caller, who would
 * wait for ever: it is refused. What cannot be refused, an end, stops the reader.
 */
export class Reading {
  readonly #place: Place;
  #now: { readonly text: string; readonly stop: AbortController } | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** @throws PoolError `SESSION_BUSY` while somebody reads */
  assertNone(): void {
    if (this.#now !== undefined) throw sessionBusy(this.#place, this.#now.text);
  }

  /** Runs a call that is read from, with a signal that {@link stop} aborts as well. */
  async during<T>(call: StatementCall, task: (call: StatementCall) => Promise<T>): Promise<T> {
    const now = { text: call.text, stop: new AbortController() };
    this.#now = now;
    try {
      return await withAnySignal([call.signal, now.stop.signal], (signal) => task({ ...call, signal }));
    } finally {
      this.#now = undefined;
    }
  }

  /** Has it cancelled, to reject with what `why` makes. From now on it is bounded in time as every cancel is. */
  stop(why: (place: Place) => Error): void {
    this.#now?.stop.abort(why(this.#place));
  }
}
