import { type Holder, isPoolError, type Pool, type Registry } from "@pool/core";
import { type FastifyPluginAsync } from "fastify";

/**
 * `/pools`: every connector, what its pools lend, to whom and for how long. Core gives options without secrets and statements with
 * their literals replaced; of errors only the code is shown.
 */
export function poolRoutes(
  registry: Registry,
  poolsOf: (name: string) => readonly Pool<unknown>[],
): FastifyPluginAsync {
  return async (app) => {
    app.get("/pools", () => ({
      connectors: [...registry.connectors().values()].map(({ name, kind, state, config }) => ({
        name,
        kind,
        state,
        config,
        pools: poolsOf(name).map(showPool),
      })),
    }));
  };
}

function showPool(pool: Pool<unknown>) {
  const { lastError, ...stats } = pool.stats;
  const error = lastError === undefined ? undefined : isPoolError(lastError) ? lastError.code : "UNKNOWN";
  return { name: pool.name, stats: { ...stats, lastError: error }, holders: pool.holders().map(showHolder) };
}

function showHolder({ leaseId, label, heldMs, busyMs, inTransaction, lastStatement }: Holder) {
  return { leaseId, label, heldMs: Math.round(heldMs), busyMs: Math.round(busyMs), inTransaction, lastStatement };
}
