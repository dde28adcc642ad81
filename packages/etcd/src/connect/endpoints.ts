import { type Endpoint } from "../wire/socket.js";

const DEFAULT_PORT = 2379;

/** Where the members are, and whether they are spoken to by TLS. */
export interface Endpoints {
  readonly endpoints: readonly Endpoint[];
  readonly secure: boolean;
}

/** Reads `host`, `host:port` and URLs. Without a scheme it is TLS, except on this machine or when `tls` is false: plain text is never a guess. */
export function readEndpoints(texts: readonly string[], tls: boolean | undefined, problems: string[]): Endpoints {
  const read = texts.map((text) => readEndpoint(text, problems)).filter((one) => one !== undefined);
  const schemes = new Set(read.map(({ scheme, endpoint }) => scheme ?? (isLoopback(endpoint.host) ? "local" : "far")));
  const given = new Set(read.map(({ scheme }) => scheme).filter((scheme) => scheme !== undefined));
  if (given.size > 1) problems.push("endpoints must all be http or all be https");
  const [scheme] = given;
  if (scheme === "http" && tls === true) problems.push("tls is of no use with endpoints that say http");
  if (scheme === "https" && tls === false) problems.push("tls false contradicts endpoints that say https");
  const secure = scheme === undefined ? (tls ?? schemes.has("far")) : scheme === "https";
  return { endpoints: read.map(({ endpoint }) => endpoint), secure };
}

interface Read {
  readonly scheme: "http" | "https" | undefined;
  readonly endpoint: Endpoint;
}

function readEndpoint(text: string, problems: string[]): Read | undefined {
  const [, scheme] = /^(https?):\/\//.exec(text) ?? [];
  const url = scheme === undefined ? `http://${text}` : text;
  const problem = (what: string): undefined => {
    problems.push(`endpoints has one that ${what}`);
    return undefined;
  };
  if (!URL.canParse(url)) {
    problem("is no host, host:port or URL");
    return;
  }
  const { hostname, port, username, password, pathname, search, hash } = new URL(url);
  if (username !== "" || password !== "") {
    problem("names a user: say it with user and password");
    return;
  }
  if ((pathname !== "/" && pathname !== "") || search !== "" || hash !== "") {
    problem("has more than host and port");
    return;
  }
  // A URL leaves the port of its scheme out.
  const named = /:(\d+)\/?$/.exec(text)?.[1];
  const number = port !== "" ? Number(port) : named === undefined ? DEFAULT_PORT : Number(named);
  if (number === 0) {
    problem("has port 0");
    return;
  }
  return {
    scheme: scheme as Read["scheme"], // the pattern takes these two
    endpoint: { host: hostname.replace(/^\[|\]$/g, ""), port: number },
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
