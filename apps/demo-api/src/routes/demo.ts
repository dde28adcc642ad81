import { type FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type Lease, type Pool } from "@pool/core";
import { Type } from "typebox";
import { ApiError } from "../errors.js";
import { strict } from "./schemas.js";

const Body = Type.Object(
  {
    how: Type.Union([Type.Literal("held"), Type.Literal("dropped")], { default: "held" }),
    seconds: Type.Integer({ minimum: 1, maximum: 300, default: 45 }),
  },
  strict,
);
const Leaked = Type.Object({ pool: Type.String(), leaseId: Type.Integer() });

// More would leave nothing to work with.
const MOST = 2;

/**
 * `POST /demo/leak`: makes the fault that the monitor finds. `held` keeps a connection for so many seconds and gives it back late; `dropped` forgets
 * it without a release, so that only the garbage collector finds it. Not there unless the service is started as a demo.
 */
export function demoRoutes(pools: readonly Pool<unknown>[]): FastifyPluginAsyncTypebox {
  return async (app) => {
    const held = new Map<Lease<unknown>, NodeJS.Timeout>();
    const giveBack = (lease: Lease<unknown>): void => {
      clearTimeout(held.get(lease));
      held.delete(lease);
      lease.release();
    };
    app.addHook("preClose", async () => {
      for (const lease of held.keys()) giveBack(lease);
    });

    app.post("/demo/leak", { schema: { body: Body, response: { 202: Leaked } } }, async (request, reply) => {
      const { how, seconds } = request.body;
      const pool = roomiest(pools);
      if (pool === undefined || held.size >= MOST)
        throw new ApiError(429, "LEAKS_ENOUGH", `there are ${held.size} leaks already`);
      const lease = await pool.acquire({ label: `demo: ${how}`, timeout: 5_000 });
      // One that is dropped is kept nowhere.
      if (how === "held") held.set(lease, setTimeout(() => giveBack(lease), seconds * 1_000).unref());
      return reply.code(202).send({ pool: pool.name, leaseId: lease.id });
    });
  };
}

/** The pool that a leak hurts least. */
function roomiest(pools: readonly Pool<unknown>[]): Pool<unknown> | undefined {
  return pools.toSorted((one, other) => other.stats.maxSize - one.stats.maxSize)[0];
}
