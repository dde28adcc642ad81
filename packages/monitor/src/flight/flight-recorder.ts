import type { EventOf, ListenedName } from "@pool/core";
import { EventRows, LEASE, RELEASE, STATEMENT, type HotEvents } from "./event-rows.js";

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

/** Who counts what comes all the time. Times are in ms. */
export interface HotCounter {
  leased(pool: string, waitedMs: number): void;
  /** @param at on the monitor's clock */
  released(pool: string, heldMs: number, busyMs: number, openTransaction: boolean, at: number): void;
  sent(pool: string, statement: string, label: string | undefined, durationMs: number, rowCount?: number): void;
}

// How many events are written down and counted together.
const BATCH = 128;

/**
 * A ring of the last events: the rare ones themselves, of those that come all the time their fields. Those are only put aside as they come, and written down and
 * counted some at a time: the code and the memory that this takes are long gone from the processor's caches when the next answer of a server comes, and
 * fetched once for all of them.
 */
export class FlightRecorder {
  readonly #size: number;
  readonly #rows: EventRows;
  readonly #rare = new Map<number, { readonly name: RecordedName; readonly event: unknown }>();
  readonly #counter: HotCounter;
  // What was put aside. So few that hardly one of them lives to see a collection.
  readonly #aside = new Array<unknown>(BATCH).fill(undefined);
  readonly #kinds = new Uint8Array(BATCH);
  #count = 0;
  #written = 0;

  /** @param size how many it lists */
  constructor(size: number, counter: HotCounter) {
    this.#size = size;
    this.#rows = new EventRows(size);
    this.#counter = counter;
  }

  record<N extends Exclude<RecordedName, keyof HotEvents>>(name: N, event: EventOf<N>, at: number): void {
    if (this.#size === 0) return;
    this.settle();
    const slot = this.#next();
    this.#rows.blank(slot, at);
    this.#rare.set(slot, { name, event });
  }

  lease(event: HotEvents["pool:lease"]): void {
    this.#putAside(LEASE, event);
  }

  release(event: HotEvents["pool:release"]): void {
    this.#putAside(RELEASE, event);
  }

  statement(event: HotEvents["pool:statement"]): void {
    this.#putAside(STATEMENT, event);
  }

  /** Writes down and counts what came since the last time. Whoever reads what is counted calls this first. */
  settle(): void {
    const count = this.#count;
    this.#count = 0;
    for (let at = 0; at < count; at++) {
      const event = this.#aside[at];
      this.#aside[at] = undefined;
      const kind = this.#kinds[at];
      if (kind === LEASE) this.#settleLease(event as HotEvents["pool:lease"]);
      else if (kind === RELEASE) this.#settleRelease(event as HotEvents["pool:release"]);
      else this.#settleStatement(event as HotEvents["pool:statement"]);
    }
  }

  /** The oldest first. */
  list(): RecordedEvent[] {
    this.settle();
    const kept = Math.min(this.#written, this.#size);
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
    this.#aside.fill(undefined);
    this.#written = this.#count = 0;
  }

  #putAside(kind: number, event: unknown): void {
    if (this.#count === BATCH) this.settle();
    const at = this.#count++;
    this.#aside[at] = event;
    this.#kinds[at] = kind;
  }

  #settleLease(event: HotEvents["pool:lease"]): void {
    if (this.#size > 0) this.#rows.lease(this.#next(), event);
    this.#counter.leased(event.pool, event.waitedMs);
  }

  #settleRelease(event: HotEvents["pool:release"]): void {
    if (this.#size > 0) this.#rows.release(this.#next(), event);
    const { pool, heldMs, busyMs, openTransaction, releasedAt } = event;
    this.#counter.released(pool, heldMs, busyMs, openTransaction, releasedAt);
  }

  #settleStatement(event: HotEvents["pool:statement"]): void {
    if (this.#size > 0) this.#rows.statement(this.#next(), event);
    const { pool, statement, label, durationMs, rowCount } = event;
    this.#counter.sent(pool, statement, label, durationMs, rowCount);
  }

  #next(): number {
    const slot = this.#written++ % this.#size;
    if (this.#rows.nameAt(slot) === undefined) this.#rare.delete(slot);
    return slot;
  }
}
