import { type FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { similarCustomers } from "../dao/reports.js";
import { type Shutdown } from "../shutdown.js";
import { type Store } from "../store.js";
import { Id, strict } from "./schemas.js";

const Query = Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }) }, strict);
const Pairs = Type.Object({
  pairs: Type.Array(Type.Object({ customerId: Id, otherId: Id, products: Type.Integer() })),
});

/** `/reports/similar-customers`: seconds of work for the database. It stops when the caller hangs up. */
export function reportRoutes(store: Store, shutdown: Shutdown, timeout: number): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/reports/similar-customers",
      { schema: { querystring: Query, response: { 200: Pairs } } },
      async (request) => {
        const signal = AbortSignal.any([request.signal, shutdown.cutOff]);
        return {
          pairs: await similarCustomers(store, request.query.limit, {
            label: "report: similar customers",
            signal,
            timeout,
          }),
        };
      },
    );
  };
}
