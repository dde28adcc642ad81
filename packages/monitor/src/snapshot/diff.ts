/** What became of the pools between two snapshots, for a log line or a test: `monitor.diff(before)`. */
export interface SnapshotDiff {
  /** From the first snapshot to the second, in ms. */
  readonly elapsedMs: number;
  /** Pools that are in either snapshot. */
  readonly pools: readonly PoolDiff[];
  /** Leaks that are open in the second snapshot, and were not in the first. */
  readonly newLeaks: number;
}

export interface PoolDiff {
  readonly name: string;
  readonly before: PoolPressure;
  readonly after: PoolPressure;
  /** What happened between the two. */
  readonly acquired: number;
  readonly released: number;
  readonly timeouts: number;
  readonly refused: number;
  readonly created: number;
  readonly closed: number;
  readonly statements: number;
  readonly errors: number;
  readonly slow: number;
  readonly waitedMs: number;
  /** Of the holds that ended, how long they lasted, and how much of it a statement ran: "held 30 s, used 40 ms". */
  readonly heldMs: number;
  readonly busyMs: number;
  readonly openTransactions: number;
}

export interface PoolPressure {
  readonly size: number;
  readonly leased: number;
  readonly idle: number;
  readonly waiting: number;
}
