import type { CacheStats } from "./cache.js";

/** The numbers behind the stats of a cache, and who counts them up. */
export class Counters {
  hits = 0;
  stale = 0;
  negative = 0;
  misses = 0;
  shared = 0;
  computes = 0;
  computeErrors = 0;
  storeErrors = 0;
  undecodable = 0;

  snapshot(isAway: boolean): CacheStats {
    const { hits, stale, negative, misses, shared, computes, computeErrors, storeErrors, undecodable } = this;
    const counted = { hits, stale, negative, misses, shared, computes, computeErrors, storeErrors, undecodable };
    return { ...counted, store: isAway ? "away" : "up" };
  }
}
