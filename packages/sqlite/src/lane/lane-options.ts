import { type Pool } from "@pool/core";
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
  /** Why no connection is to be had, where more is known than that none can be opened. */
  readonly whyNone: () => Error | undefined;
  /** Statements that may wait. */
  readonly maxQueued: number;
  /** Where statements that are not known to be quick go, when as many of them as `maxAlone` are taking long here. */
  readonly overflow?: Lane;
  readonly maxAlone?: number;
}
