import type { EventOf } from "@pool/core";

/** The events that come with every statement. */
export interface HotEvents {
  readonly "pool:lease": EventOf<"pool:lease">;
  readonly "pool:release": EventOf<"pool:release">;
  readonly "pool:statement": EventOf<"pool:statement">;
}

// Of numbers: the time, what it is, and four of its own.
const NUMBERS = 6;
// Of texts: pool, label, statement.
const TEXTS = 3;

/** What a row tells of. */
export const LEASE = 1;
export const RELEASE = 2;
export const STATEMENT = 3;
const NAMES = [undefined, "pool:lease", "pool:release", "pool:statement"] as const;
// Beside it, what is true of the event.
const FAILED = 4;
const OPEN_TRANSACTION = 4;
const DESTROYED = 8;

/**
 * So many events that come all the time, by their fields, in rows that lie close together: writing one touches three lines of the processor's cache.
 * Kept as the objects they are, each would outlive a collection, be copied twice and end as garbage among what is old.
 */
export class EventRows {
  readonly #numbers: Float64Array;
  readonly #texts: (string | undefined)[];
  /** By place; most have none. */
  readonly #errors = new Map<number, unknown>();

  constructor(size: number) {
    this.#numbers = new Float64Array(size * NUMBERS);
    this.#texts = new Array<string | undefined>(size * TEXTS).fill(undefined);
  }

  lease(slot: number, { pool, label, leaseId, resourceId, waitedMs, leasedAt }: HotEvents["pool:lease"]): void {
    this.#put(slot, leasedAt, LEASE, leaseId, resourceId, waitedMs, 0);
    this.#name(slot, pool, label, undefined);
  }

  release(slot: number, event: HotEvents["pool:release"]): void {
    const { pool, label, leaseId, resourceId, heldMs, busyMs, openTransaction, destroyed, releasedAt } = event;
    const flags = (openTransaction ? OPEN_TRANSACTION : 0) | (destroyed ? DESTROYED : 0);
    this.#put(slot, releasedAt, RELEASE | flags, leaseId, resourceId, heldMs, busyMs);
    this.#name(slot, pool, label, undefined);
  }

  /** Without the values that somebody may have asked for. */
  statement(slot: number, event: HotEvents["pool:statement"]): void {
    const { pool, label, statement, leaseId, startedAt, durationMs, rowCount, failed, error } = event;
    const code = failed ? STATEMENT | FAILED : STATEMENT;
    this.#put(slot, startedAt + durationMs, code, leaseId ?? NaN, startedAt, durationMs, rowCount ?? NaN);
    this.#name(slot, pool, label, statement);
    if (failed) this.#errors.set(slot, error);
  }

  /** What stands here is none of these, and kept elsewhere. */
  blank(slot: number, at: number): void {
    this.#put(slot, at, 0, 0, 0, 0, 0);
    this.#name(slot, undefined, undefined, undefined);
  }

  nameAt(slot: number): keyof HotEvents | undefined {
    return NAMES[(this.#numbers[slot * NUMBERS + 1] ?? 0) & 3];
  }

  timeAt(slot: number): number {
    return this.#numbers[slot * NUMBERS] ?? 0;
  }

  /** The event again. */
  read(slot: number, name: keyof HotEvents): HotEvents[keyof HotEvents] {
    const [at = 0, code = 0, ...own] = this.#numbers.subarray(slot * NUMBERS, (slot + 1) * NUMBERS);
    const [first, second, third, fourth] = own as [number, number, number, number]; // of NUMBERS
    const [pool = "", label, statement = ""] = this.#texts.slice(slot * TEXTS, (slot + 1) * TEXTS);
    if (name === "pool:lease")
      return { pool, leaseId: first, resourceId: second, label, waitedMs: third, leasedAt: at };
    if (name === "pool:release") {
      const [openTransaction, destroyed] = [(code & OPEN_TRANSACTION) !== 0, (code & DESTROYED) !== 0];
      const times = { heldMs: third, busyMs: fourth };
      return { pool, leaseId: first, resourceId: second, label, ...times, openTransaction, destroyed, releasedAt: at };
    }
    const [leaseId, rowCount] = [first, fourth].map((number) => (Number.isNaN(number) ? undefined : number));
    const [failed, error] = [(code & FAILED) !== 0, this.#errors.get(slot)];
    const times = { startedAt: second, durationMs: third };
    return { pool, leaseId, label, statement, values: undefined, ...times, rowCount, failed, error };
  }

  clear(): void {
    this.#texts.fill(undefined);
    this.#errors.clear();
  }

  #put(slot: number, at: number, code: number, first: number, second: number, third: number, fourth: number): void {
    const numbers = this.#numbers;
    const number = slot * NUMBERS;
    if (numbers[number + 1] === (STATEMENT | FAILED)) this.#errors.delete(slot);
    numbers[number] = at;
    numbers[number + 1] = code;
    numbers[number + 2] = first;
    numbers[number + 3] = second;
    numbers[number + 4] = third;
    numbers[number + 5] = fourth;
  }

  #name(slot: number, pool: string | undefined, label: string | undefined, statement: string | undefined): void {
    const texts = this.#texts;
    const text = slot * TEXTS;
    texts[text] = pool;
    texts[text + 1] = label;
    texts[text + 2] = statement;
  }
}
