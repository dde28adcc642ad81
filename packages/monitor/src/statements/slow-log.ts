import type { EventOf } from "@pool/core";
import type { SafeLog } from "../logging/logger.js";
import type { ErrorSummary } from "../snapshot/error-summary.js";
import type { SentStatement, SlowStatement } from "../snapshot/statement-snapshot.js";
import { PgFingerprints } from "./pg-fingerprints.js";
import type { StatementRow } from "./statement-row.js";

const KEPT = 100;

export interface SlowContext {
  readonly at: number;
  readonly kind: string;
  readonly traceId: string | undefined;
  readonly error: ErrorSummary | null;
  readonly sent: SentStatement | null;
}

/** The last statements that took long: listed, and written to the log. */
export class SlowLog {
  readonly #log: SafeLog;
  readonly #slowAfter: number;
  readonly #pgFingerprints = new PgFingerprints();
  #statements: readonly SlowStatement[] = [];

  constructor(log: SafeLog, slowAfter: number) {
    this.#log = log;
    this.#slowAfter = slowAfter;
  }

  add(event: EventOf<"pool:statement">, row: StatementRow, { at, kind, traceId, error, sent }: SlowContext): void {
    const { pool, label, leaseId, durationMs, rowCount } = event;
    const slow = durationMs >= this.#slowAfter;
    const statement: SlowStatement = {
      at,
      pool,
      label: label ?? null,
      leaseId: leaseId ?? null,
      fingerprint: row.fingerprint.id,
      text: row.fingerprint.text,
      sent,
      durationMs,
      rows: rowCount ?? null,
      error,
      traceId: traceId ?? null,
      slow,
    };
    this.#statements = [statement, ...this.#statements].slice(0, KEPT);
    if (kind === "postgres") this.#pgFingerprints.want(row, event.statement);
    const message = `a statement of pool ${JSON.stringify(pool)} took ${String(Math.round(durationMs))} ms`;
    this.#log.write(slow ? "warn" : "info", { event: "slow-statement", ...statement }, message);
  }

  /** A second is over. */
  turn(): void {
    void this.#pgFingerprints.turn();
  }

  /** The newest first. */
  list(): readonly SlowStatement[] {
    return this.#statements;
  }
}
