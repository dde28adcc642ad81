import type { IncomingMessage, ServerResponse } from "node:http";
import type { Monitor } from "@pool/monitor";
import { dashboard } from "./dashboard.js";
import type { DashboardOptions } from "./options.js";

/** What the plugin needs of a Fastify instance. */
export interface FastifyHost {
  readonly prefix: string;
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    contentType: string,
    parser: (request: unknown, payload: unknown, done: (error: Error | null) => void) => void,
  ): unknown;
  addHook(name: "preClose", hook: () => Promise<void>): unknown;
  route(options: {
    method: string[];
    url: string;
    handler: (
      request: { readonly raw: IncomingMessage },
      reply: { readonly raw: ServerResponse; hijack(): unknown },
    ) => void;
  }): unknown;
}

export interface FastifyDashboardOptions extends Omit<DashboardOptions, "path"> {
  readonly monitor: Monitor;
  /** Where it is mounted; Fastify's own option. */
  readonly prefix?: string;
}

/** A Fastify plugin: `app.register(fastifyDashboard, { prefix: "/dashboard", monitor })`. Its streams end when the app closes. */
export async function fastifyDashboard(app: FastifyHost, options: FastifyDashboardOptions): Promise<void> {
  const { monitor, prefix: _, ...rest } = options;
  const handle = dashboard(monitor, { ...rest, path: app.prefix || "/" });
  // The handler reads bodies itself, with its own limit.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.addHook("preClose", async () => handle[Symbol.dispose]());
  for (const url of ["/", "/*"]) {
    app.route({
      method: ["GET", "POST"],
      url,
      handler: ({ raw }, reply) => {
        reply.hijack();
        // Routes are matched on the decoded path, the handler looks at the path as it was sent.
        if (!handle(raw, reply.raw)) reply.raw.writeHead(404).end();
      },
    });
  }
}
