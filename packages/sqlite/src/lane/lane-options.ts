import { type Pool, type PoolError } from "@pool/core";
import { type SqliteHandle } from "../handle/handle.js";
import { type Lane } from "./lane.js";

/** How a lane works, and where it sends what it cannot take. */
export interface LaneOptions {
  readonly pool: Pool<SqliteHandle>;
  readonly size: number;
  readonly writes: boolean;
  /** Longest wait for a connection, in ms. */
  readonly acquireTimeout: number;
  readonly queryTimeout: number;
  /** What those hear for whom no connection can be opened: the pool's refusal, or one that knows more. */
  readonly whyNone: (refusal: PoolError) => PoolError;
  /** Statements that may wait. */
  readonly maxQueued: number;
  /** Where statements that are not known to be quick go, when as many of them as `maxAlone` are taking long here. */
  readonly overflow?: Lane;
  readonly maxAlone?: number;
}
