import { type IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type Logger, watch } from "@pool/monitor";
import { fastifyDashboard } from "@pool/dashboard";
import { type FastifyPluginAsync } from "fastify";

export const DASHBOARD = "/dashboard";

/**
 * `/dashboard`: what the pools do, live. Everybody who reaches the service may look; actions are for whoever tries the demo out on this machine, and
 * refused where it is not started as one. The monitor ends with the service.
 */
export function dashboardRoute(logger: Logger, isDemo: boolean): FastifyPluginAsync {
  return async (app) => {
    const monitor = watch({ logger });
    app.addHook("onClose", async () => monitor[Symbol.dispose]());
    await app.register(fastifyDashboard, {
      prefix: DASHBOARD,
      monitor,
      title: "demo-api",
      onError: (error) => logger.error({ err: error }, "the dashboard failed"),
      ...(isDemo && { authorize: isFromThisMachine }),
    });
  };
}

/** By its connection, and by the name under which the service was called: a foreign name that leads here is a trick. */
function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const host = (headers.host ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return isLoopback(socket.remoteAddress ?? "") && (host === "localhost" || isLoopback(host));
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, "");
  return (isIP(plain) === 4 && plain.startsWith("127.")) || plain === "::1";
}
