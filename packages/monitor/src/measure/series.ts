import type { PoolPoint, PoolSeries } from "../snapshot/pool-snapshot.js";

type Column = keyof PoolPoint;

const COLUMNS = [
  "time",
  "leased",
  "idle",
  "waiting",
  "limit",
  "waitP95",
  "waitP99",
  "holdP95",
  "holdP99",
  "acquired",
  "statements",
  "errors",
  "timeouts",
] as const satisfies readonly Column[];

/** The last points of one pool, as many as there is room for. */
export class Series {
  readonly #stepMs: number;
  readonly #length: number;
  readonly #columns: ReadonlyMap<Column, Float64Array>;
  #count = 0;

  constructor(length: number, stepMs: number) {
    this.#length = length;
    this.#stepMs = stepMs;
    this.#columns = new Map(COLUMNS.map((name) => [name, new Float64Array(length)]));
  }

  push(point: PoolPoint): void {
    const at = this.#count++ % this.#length;
    for (const [name, column] of this.#columns) column[at] = point[name];
  }

  get last(): PoolPoint | undefined {
    if (this.#count === 0) return undefined;
    const at = (this.#count - 1) % this.#length;
    return Object.fromEntries(COLUMNS.map((name) => [name, this.#columns.get(name)?.[at] ?? 0])) as PoolPoint; // all columns
  }

  list(): PoolSeries {
    const lists = COLUMNS.map((name) => [name === "time" ? "times" : name, this.#inOrder(name)]);
    return { stepMs: this.#stepMs, ...Object.fromEntries(lists) } as PoolSeries; // all columns
  }

  #inOrder(name: Column): number[] {
    const column = this.#columns.get(name) ?? new Float64Array();
    if (this.#count <= this.#length) return Array.from(column.subarray(0, this.#count));
    const oldest = this.#count % this.#length;
    return [...column.subarray(oldest), ...column.subarray(0, oldest)];
  }
}
