import type { Pool } from "../pool/pool.js";
import type { Clock } from "../time.js";
import type { Handles } from "./handles.js";
import type { SqlDriver } from "./sql-driver.js";
import type { TimeLimit } from "./time-limit.js";

/** What every statement of one SQL client runs under; complete, defaults filled in. */
export interface SqlContext<R> {
  /** Where its connections come from. */
  readonly pool: Pool<R>;
  readonly driver: SqlDriver<R>;
  /** What its sessions and transactions are made of. */
  readonly handles: Handles<R>;
  readonly clock: Clock;
  /** Longest time for one statement, from sending to its reply. */
  readonly queryTimeout: TimeLimit;
  /** Longest time in ms that a cancelled statement has to settle before its connection is given up. */
  readonly cancelTimeout: number;
  /** Between 0 and 1, for the jitter of back-offs. */
  readonly random: () => number;
  /** One of each kind of object that comes and goes; see the pool's own. */
  readonly keptShapes: unknown[];
}
