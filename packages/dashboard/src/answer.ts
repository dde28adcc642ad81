import type { IncomingMessage, ServerResponse } from "node:http";
import type { Monitor } from "@pool/monitor";
import { carryOut, readAction } from "./action.js";
import { authorizeAction, authorizeView } from "./authorize.js";
import type { Settings } from "./options.js";
import { pageFile } from "./page-file.js";
import { readJsonBody } from "./read-body.js";
import { Refusal } from "./refusal.js";
import type { Streams } from "./streams.js";
import { type ErrorReply, eventText, type Hello } from "./wire.js";

/** What every request is answered from. */
export interface Site {
  readonly monitor: Monitor;
  readonly settings: Settings;
  readonly streams: Streams;
}

const GUARDED = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};
/** Numbers of the moment are kept nowhere, and no proxy collects them. */
const LIVE = { ...GUARDED, "cache-control": "no-store", "x-accel-buffering": "no" };
const INERT = { "content-security-policy": "default-src 'none'; frame-ancestors 'none'" };

type Route = (site: Site, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** By method and by the path below where it is mounted. */
const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "": { GET: goToPage },
  "/": { GET: sendPage },
  "/snapshot": { GET: sendSnapshot },
  "/events": { GET: sendEvents },
  "/actions": { POST: act },
};

/** Answers a request. Never rejects: what fails is answered too. */
export async function answer(
  site: Site,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!methods) throw new Refusal(404, "NO_SUCH_ROUTE", "there is nothing at this path");
    const method = request.method === "HEAD" && path !== "/events" ? "GET" : (request.method ?? "");
    const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!route) throw notAllowed(methods);
    await route(site, request, response);
  } catch (error) {
    refuse(error, site, request, response);
  }
}

/** What the page loads is beside it, so its own address must end with a slash. Relative, since a proxy may show another path. */
function goToPage(_site: Site, request: IncomingMessage, response: ServerResponse): void {
  const { originalUrl = request.url ?? "" } = request as { originalUrl?: string };
  const last = originalUrl.split(/[?#]/, 1)[0]?.split("/").at(-1) ?? "";
  send(request, response, 308, { ...GUARDED, ...INERT, location: `${last || "."}/` }, "");
}

async function sendPage(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { originalUrl } = request as { originalUrl?: string };
  // Mounted by Connect or Express, which cut off the path and then show "/" for both.
  if (originalUrl !== undefined && !/\/([?#]|$)/.test(originalUrl)) {
    goToPage(site, request, response);
    return;
  }
  await authorizeView(site.settings, request);
  const { html, etag, policy } = pageFile();
  const headers = { ...GUARDED, "content-security-policy": policy, "cache-control": "no-cache", etag };
  const known = request.headers["if-none-match"] === etag;
  send(
    request,
    response,
    known ? 304 : 200,
    { ...headers, "content-type": "text/html; charset=utf-8" },
    known ? "" : html,
  );
}

async function sendSnapshot(
  { monitor, settings }: Site,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await authorizeView(settings, request);
  sendJson(request, response, 200, monitor.snapshot());
}

async function sendEvents(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { monitor, settings, streams } = site;
  await authorizeView(settings, request);
  const hello = (): Hello => ({
    title: settings.title,
    canAct: settings.authorize !== undefined,
    snapshot: monitor.snapshot(),
  });
  if (response.destroyed) return;
  streams.open(request, response, { ...LIVE, ...INERT }, () => eventText("hello", hello()));
}

async function act({ monitor, settings }: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const action = await authorizeAction(settings, request, async () => readAction(await readJsonBody(request)));
  carryOut(action, monitor, settings.onError);
  sendJson(request, response, 202, { accepted: action });
}

function notAllowed(methods: Readonly<Record<string, Route>>): Refusal {
  const allow = Object.keys(methods).join(", ");
  return new Refusal(405, "METHOD_NOT_ALLOWED", `this path takes ${allow}`, { allow });
}

function refuse(error: unknown, { settings }: Site, request: IncomingMessage, response: ServerResponse): void {
  if (!(error instanceof Refusal)) settings.onError(error);
  if (response.headersSent || response.destroyed) return void response.destroy();
  const refusal = error instanceof Refusal ? error : new Refusal(500, "INTERNAL", "something went wrong on our side");
  const { status, code, message, headers } = refusal;
  // What is left of a body is not read to its end.
  const close = request.complete || request.method === "GET" ? {} : { connection: "close" };
  sendJson(request, response, status, { error: { code, message } } satisfies ErrorReply, { ...headers, ...close });
}

function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: unknown,
  more: Readonly<Record<string, string>> = {},
): void {
  const headers = { ...LIVE, ...INERT, "content-type": "application/json; charset=utf-8", ...more };
  send(request, response, status, headers, JSON.stringify(body));
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  const length = status === 304 ? {} : { "content-length": String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headers, ...length });
  response.end(request.method === "HEAD" ? undefined : body);
}
