import type { IncomingMessage } from "node:http";

/**
 * Whether a request comes from our own page, or from no page at all. A browser that was lured onto somebody else's page sends its user's cookies with
 * what that page asks for, and says so: `Sec-Fetch-Site` over TLS and on loopback, `Origin` everywhere.
 */
export function isSameOrigin({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  if (headers.origin === undefined) return true;
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
}
