import type { EventOf, ListenedName } from "@pool/core";
import { EventColumns, type HotEvents } from "./event-columns.js";

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

/** A ring of the last events: the rare ones themselves, of those that come all the time their fields. */
export class FlightRecorder {
  readonly #size: number;
  readonly #times: Float64Array;
  readonly #names: RecordedName[];
  readonly #events: unknown[];
  readonly #columns: EventColumns;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
    this.#times = new Float64Array(size);
    this.#names = new Array<RecordedName>(size).fill("pool:lease");
    this.#events = new Array<unknown>(size).fill(undefined);
    this.#columns = new EventColumns(size);
  }

  record<N extends Exclude<RecordedName, keyof HotEvents>>(name: N, event: EventOf<N>, at: number): void {
    if (this.#size > 0) this.#events[this.#next(name, at)] = event;
  }

  lease(event: HotEvents["pool:lease"], at: number): void {
    if (this.#size > 0) this.#columns.lease(this.#next("pool:lease", at), event);
  }

  release(event: HotEvents["pool:release"], at: number): void {
    if (this.#size > 0) this.#columns.release(this.#next("pool:release", at), event);
  }

  statement(event: HotEvents["pool:statement"], at: number): void {
    if (this.#size > 0) this.#columns.statement(this.#next("pool:statement", at), event);
  }

  /** The oldest first. */
  list(): RecordedEvent[] {
    const kept = Math.min(this.#count, this.#size);
    const first = this.#count - kept;
    return Array.from({ length: kept }, (_, nth) => {
      const slot = (first + nth) % this.#size;
      const name = this.#names[slot] ?? "pool:lease"; // put in together with its time
      const event = isHot(name) ? this.#columns.read(slot, name) : this.#events[slot];
      return { name, at: this.#times[slot], event } as RecordedEvent; // of that name
    });
  }

  clear(): void {
    this.#events.fill(undefined);
    this.#columns.clear();
    this.#count = 0;
  }

  #next(name: RecordedName, at: number): number {
    const slot = this.#count++ % this.#size;
    this.#times[slot] = at;
    this.#names[slot] = name;
    if (this.#events[slot] !== undefined) this.#events[slot] = undefined;
    return slot;
  }
}

function isHot(name: RecordedName): name is keyof HotEvents {
  return name === "pool:lease" || name === "pool:release" || name === "pool:statement";
}
