import { type SessionMode } from "./session-dirt.js";

/** What the connections of one pool have in common. */
export interface ConnectionOptions {
  /** Longest time in ms for a cancel to be handed to the server. After it the connection is destroyed, for nobody knows what the cancel will hit. */
  readonly cancelTimeout: number;
  /** How many prepared statements the connection keeps; 0 for none, as behind a PgBouncer in transaction mode. */
  readonly statementCache: number;
  /** What the connection's `reset` will be asked for: `status.clean` says whether there is something to do. @default "auto" */
  readonly reset?: SessionMode;
}
