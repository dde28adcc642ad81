import { SSL_MODES, SSL_NEGOTIATIONS, type SslMode, type SslNegotiation } from "./tls.js";
import { TARGET_SESSION_ATTRS, type TargetSessionAttrs } from "./role.js";

/** The parameters that a URL may have, under libpq's names or the name of the option they stand for. */
export interface UrlParameters {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly dbname?: string | undefined;
  readonly sslmode?: SslMode | undefined;
  readonly sslnegotiation?: SslNegotiation | undefined;
  readonly sslrootcert?: "system" | undefined;
  readonly channelBinding?: ChannelBinding | undefined;
  readonly targetSessionAttrs?: TargetSessionAttrs | undefined;
  readonly loadBalanceHosts?: "disable" | "random" | undefined;
  readonly applicationName?: string | undefined;
  readonly options?: string | undefined;
  /** In ms. */
  readonly connectTimeout?: number | undefined;
  /** In ms. */
  readonly keepAlive?: number | undefined;
}

/** Whether SCRAM is bound to the TLS connection, so that nobody in between can pass it on. */
export type ChannelBinding = "disable" | "prefer" | "require";
export const CHANNEL_BINDINGS: readonly ChannelBinding[] = ["disable", "prefer", "require"];

type Reading = { readonly [K in keyof UrlParameters]: UrlParameters[K] } | string;

const oneOf =
  (key: keyof UrlParameters, values: readonly string[]) =>
  (value: string): Reading =>
    values.includes(value) ? { [key]: value } : `one of ${values.join(", ")}`;
const text =
  (key: keyof UrlParameters) =>
  (value: string): Reading =>
    value === "" ? {} : { [key]: value };
const seconds =
  (key: keyof UrlParameters) =>
  (value: string): Reading =>
    /^\d{1,6}$/.test(value) ? { [key]: value === "0" ? Infinity : Number(value) * 1_000 } : "a whole number of seconds";

const KNOWN: ReadonlyMap<string, (value: string) => Reading> = new Map([
  ["host", text("host")],
  ["port", text("port")],
  ["user", text("user")],
  ["password", text("password")],
  ["dbname", text("dbname")],
  ["application_name", text("applicationName")],
  ["options", text("options")],
  ["sslmode", oneOf("sslmode", SSL_MODES)],
  ["sslnegotiation", oneOf("sslnegotiation", SSL_NEGOTIATIONS)],
  ["channel_binding", oneOf("channelBinding", CHANNEL_BINDINGS)],
  ["target_session_attrs", oneOf("targetSessionAttrs", TARGET_SESSION_ATTRS)],
  ["load_balance_hosts", oneOf("loadBalanceHosts", ["disable", "random"])],
  ["connect_timeout", seconds("connectTimeout")],
  ["keepalives_idle", seconds("keepAlive")],
]);

/** Of `sslrootcert`: the authorities of the system, which is no file of that name. */
const SYSTEM = "system";

// A URL often comes from somebody else: it must not make this process read a file and show it to a server.
const FILES: ReadonlyMap<string, string> = new Map([
  ["sslrootcert", "ssl.ca"],
  ["sslcert", "ssl.cert"],
  ["sslkey", "ssl.key"],
  ["sslpassword", "ssl.passphrase"],
  ["sslcrl", "ssl.crl"],
  ["sslcrldir", "ssl.crl"],
  ["passfile", "password"],
]);

/** Reads `name=value&…`, each name once. */
export function readParameters(
  query: string | undefined,
  decode: (text: string) => string,
  problems: string[],
): UrlParameters {
  const seen = new Set<string>();
  let parameters: UrlParameters = {};
  for (const pair of query === undefined || query === "" ? [] : query.split("&")) {
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const read = readParameter(name, equals === -1 ? undefined : decode(pair.slice(equals + 1)));
    if (seen.has(name)) problems.push(`url has the parameter ${shown(name)} twice`);
    else if (typeof read === "string") problems.push(`url has ${read}`);
    else parameters = { ...parameters, ...read };
    seen.add(name);
    if (problems.length >= MOST_PROBLEMS) break;
  }
  return parameters;
}

// Enough for whoever reads the message.
const MOST_PROBLEMS = 20;

function readParameter(name: string, value: string | undefined): Reading {
  if (name === "sslrootcert" && value === SYSTEM) return { sslrootcert: value };
  const file = FILES.get(name);
  if (file !== undefined)
    return `the parameter ${name}, which would have a file read because a URL says so; give its content as the option ${file}`;
  const read = KNOWN.get(name);
  if (read === undefined)
    return `the parameter ${shown(name)}, which is not known; known are ${[...KNOWN.keys()].join(", ")}`;
  if (value === undefined) return `the parameter ${name} without a value`;
  const reading = read(value);
  return typeof reading === "string" ? `the parameter ${name} that is not ${reading}` : reading;
}

function shown(name: string): string {
  return /^\w{1,40}$/.test(name) ? JSON.stringify(name) : "with a name that is none";
}
