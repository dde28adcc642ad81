import { type FastifyPluginAsync } from "fastify";
import { examples } from "../examples.js";

/** `/`: what there is to try, for whoever opens the address. */
export function indexRoute(): FastifyPluginAsync {
  return async (app) => {
    app.get("/", (request) => ({
      service: "demo-api: an order service over @pool",
      try: examples(`${request.protocol}://${request.host}`),
    }));
  };
}
