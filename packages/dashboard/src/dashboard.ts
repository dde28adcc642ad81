import type { IncomingMessage, ServerResponse } from "node:http";
import { wrongArgument } from "@pool/core";
import type { Monitor } from "@pool/monitor";
import { answer } from "./answer.js";
import { type DashboardOptions, readDashboardOptions } from "./options.js";
import { Streams } from "./streams.js";

/**
 * The dashboard of one monitor, as a handler of requests. Call it with each request: it answers what lies under its `path` and gives true; the rest it
 * leaves alone and gives false. Disposing it ends its streams, so that the server can close; they end by themselves within a second after
 * `server.close()`.
 */
export interface Dashboard extends Disposable {
  (request: IncomingMessage, response: ServerResponse): boolean;
}

/** @throws PoolError `INVALID_OPTIONS`; `INVALID_ARGUMENT` for what is no monitor */
export function dashboard(monitor: Monitor, options: DashboardOptions = {}): Dashboard {
  if (typeof (monitor as Partial<Monitor> | undefined)?.snapshot !== "function")
    throw wrongArgument("dashboard: monitor", "a monitor, as watch() gives it", monitor);
  const settings = readDashboardOptions(options);
  const streams = new Streams(monitor, settings.maxStreams);

  const handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = pathOf(request.url);
    if (path !== settings.path && !path.startsWith(`${settings.path}/`)) return false;
    void answer({ monitor, settings, streams }, path.slice(settings.path.length), request, response);
    return true;
  };
  return Object.assign(handle, { [Symbol.dispose]: () => streams.end() });
}

function pathOf(url = "/"): string {
  return url.split(/[?#]/, 1)[0] ?? "";
}
