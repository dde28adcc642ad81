import type { StatementTable as TableSnapshot } from "../snapshot/statement-snapshot.js";
import type { Fingerprint } from "./fingerprint.js";
import { StatementRow } from "./statement-row.js";

// How much of a full table makes room at once, so that a flood of ever new statements does not sort it each time.
const LEAVING_SHARE = 0.1;

/** Statements by pool and shape, as many as there is room for: those that took the least time in all leave, and are counted together. */
export class StatementTable {
  readonly #limit: number;
  readonly #pools = new Map<string, Map<string, StatementRow>>();
  #size = 0;
  #others = { fingerprints: 0, count: 0, errors: 0, totalMs: 0 };

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** How many rows have left. */
  get left(): number {
    return this.#others.fingerprints;
  }

  row(pool: string, fingerprint: Fingerprint): StatementRow {
    return this.#pools.get(pool)?.get(fingerprint.id) ?? this.#add(new StatementRow(pool, fingerprint));
  }

  snapshot(): TableSnapshot {
    const rows = this.#byTime().map((row) => row.snapshot());
    return { rows: rows.reverse(), others: { ...this.#others } };
  }

  #add(row: StatementRow): StatementRow {
    if (this.#size >= this.#limit) this.#makeRoom();
    const rows = this.#pools.get(row.pool) ?? new Map<string, StatementRow>();
    rows.set(row.fingerprint.id, row);
    this.#pools.set(row.pool, rows);
    this.#size++;
    return row;
  }

  #makeRoom(): void {
    const leaving = this.#byTime().slice(0, Math.max(1, Math.floor(this.#limit * LEAVING_SHARE)));
    for (const { pool, fingerprint, times, errors } of leaving) {
      const rows = this.#pools.get(pool);
      rows?.delete(fingerprint.id);
      if (rows?.size === 0) this.#pools.delete(pool);
      this.#size--;
      this.#others.fingerprints++;
      this.#others.count += times.count;
      this.#others.errors += errors;
      this.#others.totalMs += times.sum;
    }
  }

  /** The one with the least time in all first. */
  #byTime(): StatementRow[] {
    const rows = [...this.#pools.values()].flatMap((pool) => [...pool.values()]);
    return rows.sort((one, other) => one.times.sum - other.times.sum);
  }
}
