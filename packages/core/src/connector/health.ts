/** What a health check found. */
export interface Health {
  readonly healthy: boolean;
  /** How long the answer took, in ms; 0 where nobody was asked. */
  readonly latencyMs: number;
  /** When it was found, in ms since the epoch. */
  readonly checkedAt: number;
  readonly error?: unknown;
  /** What the backend adds, for example `{ wal: 4096 }`. Never a credential. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** {@link Health} as it was found some time ago: by a check, or told by the adapter. */
export interface KnownHealth extends Health {
  /** How long ago, in ms. */
  readonly ageMs: number;
}
