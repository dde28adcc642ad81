import { isIP, isIPv6 } from "node:net";

/** Where a server listens. */
export interface HostAddress {
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
}

export const DEFAULT_PORT = 5432;

/** `"db"`, `"db:5433"`, `"[::1]:5433"`, `"::1"`, or the folder of a Unix socket; a text says what is wrong with it. */
export function parseHost(text: string, defaultPort: number = DEFAULT_PORT): HostAddress | string {
  if (text === "") return "an empty host";
  if (text.length > 1_000) return "a host of more than 1000 characters";
  if (/[\0-\x20\x7f]/.test(text)) return "a host with white space or control characters in it";
  if (text.startsWith("@")) return "an abstract Unix socket, which is not supported";
  if (isSocketFolder(text)) return { host: text, port: defaultPort };
  if (isIPv6(text)) return { host: text, port: defaultPort };
  const bracket = text.startsWith("[") ? text.indexOf("]") : -1;
  const host = bracket === -1 ? (text.split(":", 1)[0] ?? "") : text.slice(1, bracket);
  const rest = text.slice(bracket === -1 ? host.length : bracket + 1);
  if (text.startsWith("[") && !isIPv6(host)) return "brackets around what is no IPv6 address";
  if (!isHostName(host)) return `${quoted(host)}, which is no name of a host`;
  const port = rest === "" ? defaultPort : parsePort(rest.startsWith(":") ? rest.slice(1) : "");
  return port === undefined ? `a port that is no number from 1 to 65535 after ${quoted(host)}` : { host, port };
}

/** A port as text, or undefined when it is none. */
export function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** A host that begins with a slash is the folder of a Unix socket, as in libpq. */
export function isSocketFolder(host: string): boolean {
  return host.startsWith("/");
}

export function socketPath({ host, port }: HostAddress): string {
  return `${host}/.s.PGSQL.${String(port)}`;
}

/** Does this name promise to stay on this machine (RFC 6761), or is it such an address? */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return isIP(host) === 4 ? host.startsWith("127.") : name === "::1" || /^::ffff:127\.[\d.]+$/.test(name);
}

/** For messages: `db:5432`, `[::1]:5432`, or the path of the socket. */
export function describeHost(at: HostAddress): string {
  if (isSocketFolder(at.host)) return socketPath(at);
  return `${isIPv6(at.host) ? `[${at.host}]` : at.host}:${String(at.port)}`;
}

function isHostName(host: string): boolean {
  return isIP(host) !== 0 || (host.length <= 253 && /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_.])?$/u.test(host));
}

// What stands where a host should may be half a password: only what could be a name is shown.
function quoted(host: string): string {
  return /^[\w.-]{1,63}$/.test(host) ? JSON.stringify(host) : "a text";
}
