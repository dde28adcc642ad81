import { type Registry } from "@pool/core";
import { type FastifyPluginAsync } from "fastify";
import { type Shutdown } from "../shutdown.js";

const CHECK_TIMEOUT = 1_000;

/**
 * `/health/live`: the process answers. `/health/ready`: it wants work, and its database answers too. So a service whose database is away
 * is given no work, but is not restarted for it.
 */
export function healthRoutes(registry: Registry, shutdown: Shutdown): FastifyPluginAsync {
  return async (app) => {
    app.get("/health/live", () => ({ status: "ok" }));

    app.get("/health/ready", async (_request, reply) => {
      if (shutdown.stopping) {
        return reply.code(503).send({ error: { code: "SHUTTING_DOWN", message: "the service is shutting down" } });
      }
      const found = await registry.healthCheck({ timeout: CHECK_TIMEOUT });
      const all = Object.entries(found.connectors);
      const checks = Object.fromEntries(all.map(([name, { healthy, latencyMs }]) => [name, { healthy, latencyMs }]));
      if (found.healthy) return { status: "ready", checks };
      const sick = all.filter(([, { healthy }]) => !healthy).map(([name]) => name);
      const message = sick.length === 0 ? "not ready: closed" : `not ready: ${sick.join(", ")}`;
      return reply
        .code(503)
        .header("retry-after", "5")
        .send({ error: { code: "NOT_READY", message }, checks });
    });
  };
}
