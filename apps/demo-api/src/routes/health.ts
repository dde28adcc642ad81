import { type Registry } from "@pool/core";
import { type FastifyPluginAsync } from "fastify";
import { type Shutdown } from "../shutdown.js";

// However often it is asked, the database is once a second at most.
const MAX_AGE = 1_000;

/**
 * `/health/live`: the process answers. `/health/ready`: it wants work, and what it cannot do without answers too. So a service whose database is away
 * is given no work, but is not restarted for it.
 */
export function healthRoutes(registry: Registry, shutdown: Shutdown): FastifyPluginAsync {
  return async (app) => {
    app.get("/health/live", () => ({ status: "ok", ...registry.liveness() }));

    app.get("/health/ready", async (_request, reply) => {
      if (shutdown.stopping) {
        return reply.code(503).send({ error: { code: "SHUTTING_DOWN", message: "the service is shutting down" } });
      }
      const { ready, connectors } = await registry.readiness({ maxAge: MAX_AGE });
      const all = Object.entries(connectors);
      const checks = Object.fromEntries(
        all.map(([name, { ready: healthy, health }]) => [name, { healthy, latencyMs: health.latencyMs }]),
      );
      if (ready) return { status: "ready", checks };
      const sick = all.filter(([, it]) => it.critical && !it.ready).map(([name]) => name);
      const message = sick.length === 0 ? "not ready: closed" : `not ready: ${sick.join(", ")}`;
      return reply
        .code(503)
        .header("retry-after", "5")
        .send({ error: { code: "NOT_READY", message }, checks });
    });
  };
}
