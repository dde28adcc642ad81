/** One rule that has gone off for one pool or connector. */
export interface AlertSnapshot {
  /** The rule and what it went off for: `pool-exhausted:main`. One at a time. */
  readonly id: string;
  readonly rule: string;
  readonly severity: "warning" | "critical";
  readonly state: "firing" | "resolved";
  /** The name of the pool or connector. */
  readonly subject: string;
  readonly subjectKind: "pool" | "connector";
  /** One sentence: who, what, how much. */
  readonly message: string;
  /** As measured when it last fired; after its end, what it had come down to. */
  readonly value: number;
  readonly threshold: number;
  readonly unit: "ratio" | "ms" | "count";
  /** In ms since the epoch. */
  readonly firedAt: number;
  readonly resolvedAt: number | null;
}
