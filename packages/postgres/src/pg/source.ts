import { type Pool } from "@pool/core";
import { type PostgresConnection } from "../connection/connection.js";

/** Where a facade's connections come from. */
export interface Source {
  readonly pool: Pool<PostgresConnection>;
  readonly queryTimeout: number;
  /** In ms; what `expiredCount` goes by. */
  readonly maxLifetime: number;
  /** Nothing that is idle keeps the process alive. */
  readonly allowExitOnIdle: boolean;
  /** Longest wait of `end`, in ms. */
  readonly drainTimeout: number;
  /** Ends what belongs to the facade. */
  close(timeout: number): Promise<void>;
}
