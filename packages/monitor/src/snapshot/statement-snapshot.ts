import type { ErrorClass } from "@pool/core";
import type { Distribution } from "./distribution.js";
import type { ErrorSummary } from "./error-summary.js";

/** The statements that took the most time, since the monitor was installed. */
export interface StatementTable {
  /** The one with the most time in all first. */
  readonly rows: readonly StatementSnapshot[];
  /** What ran and is in no row: what fell out of the table, which is bounded. One that fell out twice counts twice in `fingerprints`. */
  readonly others: {
    readonly fingerprints: number;
    readonly count: number;
    readonly errors: number;
    readonly totalMs: number;
  };
}

/** All statements of one shape in one pool. */
export interface StatementSnapshot {
  readonly pool: string;
  /** Sixteen hexadecimal digits, the same for statements that differ in literals, white space and comments only. */
  readonly fingerprint: string;
  /** The fingerprint that PostgreSQL tools know it by (`libpg_query`), once it was slow; `null` elsewhere and where the package is not installed. */
  readonly pgFingerprint: string | null;
  /** With every literal and parameter replaced by `?`; of a Redis or etcd call the command. */
  readonly text: string;
  readonly count: number;
  readonly errors: number;
  readonly errorsByClass: Readonly<Partial<Record<ErrorClass, number>>>;
  readonly slow: number;
  readonly rows: number;
  readonly totalMs: number;
  readonly time: Distribution;
  /** Who ran it, the most frequent first: at most 8 labels. */
  readonly labels: readonly { readonly label: string; readonly count: number }[];
  /** In ms since the epoch. */
  readonly lastAt: number;
}

/** A statement as it was sent. */
export interface SentStatement {
  /** With its literals; at most 2 000 characters. */
  readonly text: string;
  /** What it was called with, as text of at most 1 000 characters; `null` where its adapter does not tell. */
  readonly values: string | null;
}

/** One statement that took longer than `logAfter`. */
export interface SlowStatement {
  /** When it ended, in ms since the epoch. */
  readonly at: number;
  readonly pool: string;
  readonly label: string | null;
  readonly leaseId: number | null;
  readonly fingerprint: string;
  readonly text: string;
  /** As it was sent, where the monitor's `values` asks for it. */
  readonly sent: SentStatement | null;
  readonly durationMs: number;
  readonly rows: number | null;
  readonly error: ErrorSummary | null;
  readonly traceId: string | null;
  /** Over `slowAfter` too, and counted as slow. */
  readonly slow: boolean;
}
