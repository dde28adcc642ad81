import type { EventOf } from "@pool/core";

/** The events that come with every statement. */
export interface HotEvents {
  readonly "pool:lease": EventOf<"pool:lease">;
  readonly "pool:release": EventOf<"pool:release">;
  readonly "pool:statement": EventOf<"pool:statement">;
}

const NUMBERS = 4;
const TEXTS = 3;

/**
 * So many events that come all the time, by their fields. Kept as the objects they are, each would outlive a collection, be copied twice and end
 * as garbage among what is old.
 */
export class EventColumns {
  readonly #numbers: Float64Array;
  readonly #texts: (string | undefined)[];
  readonly #flags: Uint8Array;
  /** By place; most have none. */
  readonly #errors = new Map<number, unknown>();

  constructor(size: number) {
    this.#numbers = new Float64Array(size * NUMBERS);
    this.#texts = new Array<string | undefined>(size * TEXTS).fill(undefined);
    this.#flags = new Uint8Array(size);
  }

  lease(slot: number, { pool, label, leaseId, resourceId, waitedMs }: HotEvents["pool:lease"]): void {
    this.#put(slot, pool, label, undefined, leaseId, resourceId, waitedMs, 0, 0);
  }

  release(slot: number, event: HotEvents["pool:release"]): void {
    const { pool, label, leaseId, resourceId, heldMs, busyMs, openTransaction, destroyed } = event;
    const flags = (openTransaction ? 1 : 0) | (destroyed ? 2 : 0);
    this.#put(slot, pool, label, undefined, leaseId, resourceId, heldMs, busyMs, flags);
  }

  /** Without the values that somebody may have asked for. */
  statement(slot: number, event: HotEvents["pool:statement"]): void {
    const { pool, label, statement, leaseId, startedAt, durationMs, rowCount, failed, error } = event;
    this.#put(slot, pool, label, statement, leaseId ?? NaN, startedAt, durationMs, rowCount ?? NaN, failed ? 1 : 0);
    if (failed) this.#errors.set(slot, error);
  }

  read(slot: number, name: keyof HotEvents): HotEvents[keyof HotEvents] {
    if (name === "pool:lease") return this.#lease(slot);
    return name === "pool:release" ? this.#release(slot) : this.#statement(slot);
  }

  clear(): void {
    this.#texts.fill(undefined);
    this.#errors.clear();
  }

  #lease(slot: number): HotEvents["pool:lease"] {
    const [leaseId, resourceId, waitedMs] = this.#numbersOf(slot);
    const { pool, label } = this.#textsOf(slot);
    return { pool, leaseId, resourceId, label, waitedMs };
  }

  #release(slot: number): HotEvents["pool:release"] {
    const [leaseId, resourceId, heldMs, busyMs] = this.#numbersOf(slot);
    const { pool, label } = this.#textsOf(slot);
    const flags = this.#flags[slot] ?? 0;
    const [openTransaction, destroyed] = [(flags & 1) !== 0, (flags & 2) !== 0];
    return { pool, leaseId, resourceId, label, heldMs, busyMs, openTransaction, destroyed };
  }

  #statement(slot: number): HotEvents["pool:statement"] {
    const [lease, startedAt, durationMs, rows] = this.#numbersOf(slot);
    const [leaseId, rowCount] = [lease, rows].map((number) => (Number.isNaN(number) ? undefined : number));
    const { pool, label, statement } = this.#textsOf(slot);
    const [failed, error] = [this.#flags[slot] === 1, this.#errors.get(slot)];
    return { pool, leaseId, label, statement, values: undefined, startedAt, durationMs, rowCount, failed, error };
  }

  #put(
    slot: number,
    pool: string,
    label: string | undefined,
    statement: string | undefined,
    first: number,
    second: number,
    third: number,
    fourth: number,
    flags: number,
  ): void {
    const numbers = this.#numbers;
    const texts = this.#texts;
    const number = slot * NUMBERS;
    const text = slot * TEXTS;
    numbers[number] = first;
    numbers[number + 1] = second;
    numbers[number + 2] = third;
    numbers[number + 3] = fourth;
    texts[text] = pool;
    texts[text + 1] = label;
    texts[text + 2] = statement;
    this.#flags[slot] = flags;
    if (this.#errors.size > 0) this.#errors.delete(slot);
  }

  #numbersOf(slot: number): [number, number, number, number] {
    return [...this.#numbers.subarray(slot * NUMBERS, (slot + 1) * NUMBERS)] as [number, number, number, number];
  }

  #textsOf(slot: number): { pool: string; label: string | undefined; statement: string } {
    const [pool = "", label, statement = ""] = this.#texts.slice(slot * TEXTS, (slot + 1) * TEXTS);
    return { pool, label, statement };
  }
}
