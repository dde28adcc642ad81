import { invalidArgument, type Pool } from "@pool/core";
import type { PoolHandle } from "../monitor.js";
import { groupPools, type PoolGroup } from "./census.js";

/** What may be done to the open pools, by name. */
export function poolHandles(): PoolHandle[] {
  return [...groupPools().values()].map(handleOf);
}

function handleOf({ name, kind }: PoolGroup): PoolHandle {
  // Looked up at each call: a pool may have been replaced by another of its name, or be gone.
  const pools = (): readonly Pool<unknown>[] => {
    const open = groupPools().get(name)?.pools;
    if (open === undefined) throw invalidArgument(`no pool ${JSON.stringify(name)} is open`, "name");
    return open;
  };
  return {
    name,
    kind,
    evict: (reason) => {
      for (const pool of pools()) pool.evict(reason);
    },
    resize: (limits) => {
      for (const pool of pools()) pool.resize(limits);
    },
    drain: async (options) => {
      await Promise.all(pools().map((pool) => pool.close(options)));
    },
    reclaim: (leaseId, reason) => pools().some((pool) => pool.reclaim(leaseId, reason)),
  };
}
