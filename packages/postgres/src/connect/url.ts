import { DEFAULT_PORT, type HostAddress, isSocketFolder, parseHost, parsePort } from "./address.js";
import { readParameters, type UrlParameters } from "./url-parameters.js";

/** What a connection URL says; what it leaves out is undefined. */
export interface UrlParts extends Omit<UrlParameters, "host" | "port" | "dbname"> {
  readonly hosts: readonly HostAddress[] | undefined;
  readonly database: string | undefined;
}

const LONGEST_URL = 16_384;
const MOST_HOSTS = 64;

/**
 * Reads `postgres://user:password@host1:port1,host2/database?parameters` as libpq does, with fewer parameters: each that is not known is a problem,
 * and none makes a file be read. Problems never show what may be part of a password. Linear in the length.
 */
export function readUrl(url: string): { readonly parts: UrlParts; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const pieces = split(url);
  if (typeof pieces === "string") return { parts: NOTHING, problems: [pieces] };
  const decode = decoder(problems);
  const parameters = readParameters(pieces.query, decode, problems);
  const [name, secret] = cut(pieces.userInfo ?? "", ":");
  const once = <T>(what: string, here: T | undefined, there: T | undefined): T | undefined => {
    if (here !== undefined && there !== undefined) problems.push(`url says the ${what} twice`);
    return here ?? there;
  };
  const { host, port, dbname, ...rest } = parameters;
  const inFront = pieces.hosts === "" ? undefined : readHosts(pieces.hosts.split(","), undefined, decode, problems);
  const listed =
    host === undefined ? undefined : readHosts(host.split(","), port?.split(","), (text) => text, problems);
  if (port !== undefined && host === undefined) problems.push("url has the parameter port without the parameter host");
  return {
    parts: {
      ...rest,
      hosts: once("host", inFront, listed),
      user: once("user", filled(decode(name)), parameters.user),
      password: once("password", secret === undefined ? undefined : filled(decode(secret)), parameters.password),
      database: once("database", filled(decode(pieces.path)), dbname),
    },
    problems,
  };
}

const NOTHING: UrlParts = { hosts: undefined, database: undefined };

interface Pieces {
  readonly userInfo: string | undefined;
  readonly hosts: string;
  readonly path: string;
  readonly query: string | undefined;
}

function split(url: string): Pieces | string {
  if (url.length > LONGEST_URL) return `url has more than ${String(LONGEST_URL)} characters`;
  const scheme = /^postgres(?:ql)?:\/\//i.exec(url)?.[0];
  if (scheme === undefined) return "url must begin with postgres:// or postgresql://";
  const rest = url.slice(scheme.length);
  const end = rest.search(/[/?#]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  const tail = end === -1 ? "" : rest.slice(end);
  // What follows may be the second half of a password: nothing of it is read, or shown.
  if (tail.includes("@") || tail.includes("#"))
    return "url has a / or ? or # in its user or password, or an @ or # after its host, that has to be percent-encoded";
  const at = authority.lastIndexOf("@");
  const [path, query] = cut(tail.startsWith("/") ? tail.slice(1) : tail, "?");
  if (path.includes("/")) return "url has more than one part behind its host; a / in the name of a database is %2F";
  return { userInfo: at === -1 ? undefined : authority.slice(0, at), hosts: authority.slice(at + 1), path, query };
}

function readHosts(
  texts: readonly string[],
  ports: readonly string[] | undefined,
  decode: (text: string) => string,
  problems: string[],
): readonly HostAddress[] {
  if (texts.length > MOST_HOSTS) problems.push(`url has more than ${String(MOST_HOSTS)} hosts`);
  if (ports !== undefined && ports.length !== 1 && ports.length !== texts.length)
    problems.push("url has the parameter port with another number of entries than the parameter host");
  return texts.slice(0, MOST_HOSTS).flatMap((text, index) => {
    const portText = ports?.[ports.length === 1 ? 0 : index];
    const port = portText === undefined || portText === "" ? DEFAULT_PORT : parsePort(portText);
    const read = port === undefined ? "a port that is no number from 1 to 65535" : readHost(text, port, decode);
    if (typeof read !== "string") return [read];
    problems.push(`url has ${read}`);
    return [];
  });
}

// A folder is written with its slashes encoded, so its port is cut off before they are decoded.
function readHost(text: string, port: number, decode: (text: string) => string): HostAddress | string {
  if (text.startsWith("[")) return parseHost(text, port);
  const [name, portText] = cut(text, ":");
  const host = decode(name);
  if (!isSocketFolder(host) || portText === undefined) return parseHost(portText === undefined ? host : text, port);
  const own = parsePort(portText);
  return own === undefined ? "a port that is no number from 1 to 65535" : parseHost(host, own);
}

function decoder(problems: string[]): (text: string) => string {
  return (text) => {
    try {
      const decoded = decodeURIComponent(text);
      if (!decoded.includes("\0")) return decoded;
      problems.push("url has a NUL in it");
    } catch {
      problems.push("url has a % that begins no encoded character; a % itself is %25");
    }
    return "";
  };
}

function cut(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}

function filled(text: string): string | undefined {
  return text === "" ? undefined : text;
}
