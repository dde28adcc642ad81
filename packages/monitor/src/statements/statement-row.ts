import type { ErrorClass } from "@pool/core";
import { Histogram } from "../measure/histogram.js";
import type { StatementSnapshot } from "../snapshot/statement-snapshot.js";
import type { Fingerprint } from "./fingerprint.js";

const LABELS_KEPT = 32;
const LABELS_SHOWN = 8;

/** What is known of all statements of one shape in one pool. */
export class StatementRow {
  readonly pool: string;
  readonly fingerprint: Fingerprint;
  readonly times = new Histogram();
  readonly #labels = new Map<string, number>();
  readonly #errorsByClass: Partial<Record<ErrorClass, number>> = {};
  pgFingerprint: string | null = null;
  errors = 0;
  slow = 0;
  rows = 0;
  lastAt = 0;

  constructor(pool: string, fingerprint: Fingerprint) {
    this.pool = pool;
    this.fingerprint = fingerprint;
  }

  record(durationMs: number, rows: number | undefined, label: string | undefined, at: number): void {
    this.times.record(durationMs);
    if (rows !== undefined) this.rows += rows;
    this.lastAt = at;
    if (label === undefined) return;
    const count = this.#labels.get(label);
    // Of labels without number only the first are counted.
    if (count !== undefined || this.#labels.size < LABELS_KEPT) this.#labels.set(label, (count ?? 0) + 1);
  }

  fail(errorClass: ErrorClass): void {
    this.errors++;
    this.#errorsByClass[errorClass] = (this.#errorsByClass[errorClass] ?? 0) + 1;
  }

  snapshot(): StatementSnapshot {
    const { pool, fingerprint, pgFingerprint, times, errors, slow, rows, lastAt } = this;
    const labels = Array.from(this.#labels, ([label, count]) => ({ label, count }))
      .sort((one, other) => other.count - one.count)
      .slice(0, LABELS_SHOWN);
    return {
      pool,
      fingerprint: fingerprint.id,
      pgFingerprint,
      text: fingerprint.text,
      count: times.count,
      errors,
      errorsByClass: { ...this.#errorsByClass },
      slow,
      rows,
      totalMs: times.sum,
      time: times.summarise(),
      labels,
      lastAt,
    };
  }
}
