import { withTimeout, type Clock } from "@pool/core";
import type { AlertSnapshot } from "../snapshot/alert-snapshot.js";

/** Where alerts go: called once when one fires and once when it resolves, in this order and one at a time. */
export type AlertSink = (alert: AlertSnapshot, context: { readonly signal: AbortSignal }) => unknown;

const MOST_QUEUED = 100;

export interface SinkQueueOptions {
  readonly clock: Clock;
  /** Longest time for one alert, in ms: what takes longer is given up, and its signal aborted. */
  readonly timeout: number;
  onFailure(error: unknown, alert: AlertSnapshot): void;
}

/** Alerts on their way to one sink. A sink that throws, hangs or is slow delays nobody but itself, and its queue is bounded. */
export class SinkQueue {
  readonly #sink: AlertSink;
  readonly #options: SinkQueueOptions;
  #queue: AlertSnapshot[] = [];
  #busy = false;
  #closed = false;
  #abort: (() => void) | undefined;

  constructor(sink: AlertSink, options: SinkQueueOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  add(alert: AlertSnapshot): void {
    if (this.#closed) return;
    this.#queue.push(alert);
    if (this.#queue.length > MOST_QUEUED) {
      const dropped = this.#queue.shift();
      if (dropped !== undefined)
        this.#options.onFailure(new Error(`${String(MOST_QUEUED)} alerts wait for the sink`), dropped);
    }
    if (!this.#busy) void this.#run();
  }

  /** Gives up what waits and what is under way. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#abort?.();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let alert = this.#queue.shift(); alert !== undefined; alert = this.#queue.shift()) {
      try {
        await this.#deliver(alert);
      } catch (error) {
        if (!this.#closed) this.#options.onFailure(error, alert);
      }
    }
    this.#busy = false;
  }

  async #deliver(alert: AlertSnapshot): Promise<void> {
    const { clock, timeout } = this.#options;
    const late = (): Error => new Error(`the sink took longer than ${String(timeout)} ms`);
    await withTimeout(clock, timeout, late, async (expired) => {
      const closing = new AbortController();
      this.#abort = () => closing.abort(new Error("the monitor was disposed"));
      await this.#sink(alert, { signal: AbortSignal.any([expired, closing.signal]) });
    });
  }
}
