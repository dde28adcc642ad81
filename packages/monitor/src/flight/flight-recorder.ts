import type { EventOf, ListenedName } from "@pool/core";

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

/** One event with the time at which it was heard, in ms on the monitor's clock. */
export type RecordedEvent = {
  readonly [N in RecordedName]: { readonly name: N; readonly at: number; readonly event: EventOf<N> };
}[RecordedName];

/** A ring of the last events. Keeps the events themselves, which were made anyway, so that a record costs no memory of its own. */
export class FlightRecorder {
  readonly #size: number;
  readonly #times: Float64Array;
  readonly #names: RecordedName[];
  readonly #events: unknown[];
  #count = 0;

  constructor(size: number) {
    this.#size = size;
    this.#times = new Float64Array(size);
    this.#names = new Array<RecordedName>(size).fill("pool:lease");
    this.#events = new Array<unknown>(size).fill(undefined);
  }

  record<N extends RecordedName>(name: N, event: EventOf<N>, at: number): void {
    if (this.#size === 0) return;
    const slot = this.#count++ % this.#size;
    this.#times[slot] = at;
    this.#names[slot] = name;
    this.#events[slot] = event;
  }

  /** The oldest first. */
  list(): RecordedEvent[] {
    const kept = Math.min(this.#count, this.#size);
    const first = this.#count - kept;
    return Array.from({ length: kept }, (_, nth) => {
      const slot = (first + nth) % this.#size;
      return { name: this.#names[slot], at: this.#times[slot], event: this.#events[slot] } as RecordedEvent; // put in together
    });
  }

  clear(): void {
    this.#events.fill(undefined);
    this.#count = 0;
  }
}
