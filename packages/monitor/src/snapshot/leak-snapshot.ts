import type { HolderSnapshot } from "./pool-snapshot.js";

/** A lease that was held too long, or dropped without a release. */
export interface LeakSnapshot {
  /** Unique in this monitor. */
  readonly id: number;
  readonly pool: string;
  /** `held`: it is out for longer than it may. `dropped`: garbage-collected without a release; its resource has been closed. */
  readonly kind: "held" | "dropped";
  /**
   * `open`: still out. `returned`: it came back late, and the report is withdrawn. `reclaimed`: taken away, after the hard limit or by the program. `ended`: its
   * resource is closed, by who held it, with its pool, or because the lease was dropped.
   */
  readonly state: "open" | "returned" | "reclaimed" | "ended";
  /** As it was when it was reported; while it is open, `heldMs` and what it does are of now. */
  readonly holder: HolderSnapshot;
  /** In ms since the epoch. */
  readonly reportedAt: number;
  readonly endedAt: number | null;
}
