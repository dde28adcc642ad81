import { Roster } from "../roster.js";
import type { Pool } from "./pool.js";

const pools = new Roster<Pool<unknown>>();

/** Every pool of this process that is not closed, in the order of their making: for monitors. Names may repeat. */
export function openPools(): readonly Pool<unknown>[] {
  return pools.list().filter((pool) => pool.stats.state !== "closed");
}

/** A pool has been made. */
export function enrolPool(pool: Pool<unknown>): void {
  pools.add(pool);
}
