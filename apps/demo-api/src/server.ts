import { randomUUID } from "node:crypto";
import { type IncomingMessage } from "node:http";
import compress from "@fastify/compress";
import cors from "@fastify/cors";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Config } from "./config.js";
import { type OpenDatabase } from "./database.js";
import { type ErrorReply, toReply } from "./errors.js";
import { customerRoutes } from "./routes/customers.js";
import { dashboardRoute } from "./routes/dashboard.js";
import { demoRoutes } from "./routes/demo.js";
import { healthRoutes } from "./routes/health.js";
import { indexRoute } from "./routes/index.js";
import { orderRoutes } from "./routes/orders.js";
import { poolRoutes } from "./routes/pools.js";
import { productRoutes } from "./routes/products.js";
import { reportRoutes } from "./routes/reports.js";
import { type Shutdown } from "./shutdown.js";
import { useStrictValidation } from "./validation.js";

const BODY_LIMIT = 1024 * 1024;
// A smaller body takes longer to compress than to send.
const COMPRESS_FROM = 1024;
const METHODS = ["GET", "HEAD", "POST", "PATCH", "DELETE"];
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The HTTP server with all its routes, not yet listening. */
export async function buildServer(
  config: Config,
  database: OpenDatabase,
  shutdown: Shutdown,
): Promise<FastifyInstance> {
  const app = fastify({
    logger: { level: config.logLevel, serializers: { req: describeRequest } },
    genReqId: requestId,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    // What was accepted is served while the service stops, too.
    return503OnClosing: false,
    // A path that is no path, which comes to no route.
    frameworkErrors: (error, request, reply) => void answer(toReply(error), error, request, reply),
  });
  shutdown.watch(app);
  useStrictValidation(app);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  app.setErrorHandler((error, request, reply) => answer(toReply(error), error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    answer(
      { status: 404, code: "NO_SUCH_ROUTE", message: "there is nothing at this method and path" },
      undefined,
      request,
      reply,
    ),
  );

  await app.register(cors, {
    origin: config.corsOrigin,
    methods: METHODS,
    exposedHeaders: ["x-request-id", "retry-after", "location"],
  });
  await app.register(compress, { threshold: COMPRESS_FROM, encodings: ["br", "gzip"] });

  const { store, registry } = database;
  await app.register(indexRoute());
  await app.register(healthRoutes(registry, shutdown));
  await app.register(poolRoutes(registry, database.poolsOf));
  await app.register(dashboardRoute(app.log, config.demo));
  if (config.demo) await app.register(demoRoutes(database.poolsOf("db")));
  await app.register(customerRoutes(store));
  await app.register(productRoutes(store));
  await app.register(orderRoutes(store));
  await app.register(reportRoutes(store, shutdown, config.reportTimeout));
  return app;
}

/** Every failed request ends here: one shape of answer, and one log entry as serious as the failure. */
function answer(failure: ErrorReply, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, code, message, retryAfter } = failure;
  if (status === 500) request.log.error({ err: error, code }, "request failed");
  else request.log.info({ code, status }, "request refused");
  if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
  return reply.code(status).send({ error: { code, message } });
}

/** The caller's own id where it is harmless to repeat and to log, else a new one. */
function requestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}

/** For the log: the path without its query, which may hold an e-mail address. */
function describeRequest({ method, url, ip }: FastifyRequest): Record<string, unknown> {
  return { method, path: url.split("?", 1)[0], ip };
}
