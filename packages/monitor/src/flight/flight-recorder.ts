import type { EventOf, ListenedName } from "@pool/core";
import { EventRows, type HotEvents, type RowCounter } from "./event-rows.js";

/** What the recorder keeps. */
export const RECORDED = [
  "pool:lease",
  "pool:release",
  "pool:statement",
  "pool:create",
  "pool:close",
  "pool:timeout",
  "pool:refuse",
  "pool:leak",
  "pool:state",
  "connector:state",
  "connector:recovery",
] as const satisfies readonly ListenedName[];
export type RecordedName = (typeof RECORDED)[number];

/** One event with its time, in ms on the monitor's clock, which is that of the pools. */
export type RecordedEvent = {
  readonly [N in RecordedName]: { readonly name: N; readonly at: number; readonly event: EventOf<N> };
}[RecordedName];

// How many events are counted together.
const BATCH = 128;

/**
 * A ring of the last events: the rare ones themselves, of those that come all the time their fields. Those are only written down as they come, and counted
 * some at a time: what counting touches is long gone from the processor's caches when the next answer of a server comes, and fetched once for all of them.
 */
export class FlightRecorder {
  readonly #shown: number;
  readonly #size: number;
  readonly #rows: EventRows;
  readonly #rare = new Map<number, { readonly name: RecordedName; readonly event: unknown }>();
  readonly #counter: RowCounter;
  #written = 0;
  #counted = 0;

  /** @param shown how many it lists */
  constructor(shown: number, counter: RowCounter) {
    this.#shown = shown;
    this.#size = Math.max(shown, BATCH);
    this.#rows = new EventRows(this.#size);
    this.#counter = counter;
  }

  record<N extends Exclude<RecordedName, keyof HotEvents>>(name: N, event: EventOf<N>, at: number): void {
    if (this.#shown === 0) return;
    const slot = this.#next();
    this.#rows.blank(slot, at);
    this.#rare.set(slot, { name, event });
  }

  lease(event: HotEvents["pool:lease"]): void {
    this.#rows.lease(this.#next(), event);
  }

  release(event: HotEvents["pool:release"]): void {
    this.#rows.release(this.#next(), event);
  }

  statement(event: HotEvents["pool:statement"]): void {
    this.#rows.statement(this.#next(), event);
  }

  /** Counts what was written down since the last time. Whoever reads what is counted calls this first. */
  settle(): void {
    while (this.#counted < this.#written) this.#rows.count(this.#counted++ % this.#size, this.#counter);
  }

  /** The oldest first. */
  list(): RecordedEvent[] {
    const kept = Math.min(this.#written, this.#shown);
    const first = this.#written - kept;
    return Array.from({ length: kept }, (_, nth) => {
      const slot = (first + nth) % this.#size;
      const name = this.#rows.nameAt(slot);
      const found = name === undefined ? this.#rare.get(slot) : { name, event: this.#rows.read(slot, name) };
      return { ...found, at: this.#rows.timeAt(slot) } as RecordedEvent; // what has no row is among the rare
    });
  }

  clear(): void {
    this.#rows.clear();
    this.#rare.clear();
    this.#written = this.#counted = 0;
  }

  #next(): number {
    if (this.#written - this.#counted === BATCH) this.settle();
    const slot = this.#written++ % this.#size;
    if (this.#rows.nameAt(slot) === undefined) this.#rare.delete(slot);
    return slot;
  }
}
