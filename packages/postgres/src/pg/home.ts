import { type LentClient } from "./lent-client.js";
import { type Seat } from "./seat.js";

/** What a lent client needs of the pool it comes from. */
export interface Home {
  readonly poolName: string;
  readonly queryTimeout: number;
  readonly names: Map<string, string>;
  returned(client: LentClient, seat: Seat, error: unknown): void;
}
