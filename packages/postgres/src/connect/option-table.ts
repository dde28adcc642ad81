import { type OptionTable } from "@pool/core";
import { type ConnectOptions } from "./dial-options.js";
import { TARGET_SESSION_ATTRS } from "./role.js";
import { checkSettings, SETTINGS_SHAPE } from "./settings.js";
import { checkSsl, SSL_SHAPE } from "./ssl-options.js";
import { SSL_MODES, SSL_NEGOTIATIONS } from "./tls.js";
import { CHANNEL_BINDINGS } from "./url-parameters.js";

const hosts = "a list of hosts, each a text that is not empty";

/** The part of the option table that says where to connect, as whom, and how. Defaults depend on one another, so `readConnectOptions` fills them in. */
export const connectOptions: OptionTable<ConnectOptions> = {
  url: {
    type: "string",
    doc: "`postgres://user:password@host:port/database?…`, with several hosts and libpq's parameters. An option of its own goes before what the URL says.",
  },
  host: { type: "string", doc: 'A name, an IP address, or the folder of a Unix socket. Default: `"localhost"`.' },
  hosts: {
    type: "custom",
    shape: hosts,
    check: (value) => (isList(value) ? undefined : hosts),
    doc: 'Several hosts in place of `host`; `"name:port"` where the port is another.',
  },
  port: { type: "integer", min: 1, max: 65_535, doc: "The port of hosts that name none. Default: 5432." },
  user: { type: "string", doc: "Who connects. Default: the name of the system's user." },
  password: {
    type: "custom",
    shape: "a text that is not empty, or a function that gives one",
    secret: true,
    check: (value) =>
      typeof value === "function" || (typeof value === "string" && value !== "")
        ? undefined
        : "a text that is not empty, or a function that gives one",
    doc: "The password, or a function `({ signal, refresh }) => password` that is asked for each connect, and once more when it was refused.",
  },
  database: { type: "string", doc: "The database. Default: the name of the user." },
  sslmode: {
    type: "enum",
    values: SSL_MODES,
    doc: 'What is asked of TLS, as libpq means it. Default: `"verify-full"`; `"disable"` on loopback and Unix sockets.',
  },
  sslnegotiation: {
    type: "enum",
    values: SSL_NEGOTIATIONS,
    doc: 'Whether the server is asked for TLS first, or `"direct"` begins with the handshake, as PostgreSQL 17 can. Default: `"postgres"`.',
  },
  ssl: {
    type: "custom",
    shape: SSL_SHAPE,
    check: checkSsl,
    doc: "Certificates for TLS (`ca`, `cert`, `key`, `servername` …), as content and not as names of files.",
  },
  channelBinding: {
    type: "enum",
    values: CHANNEL_BINDINGS,
    doc: 'Whether SCRAM is bound to the TLS connection. Default: `"prefer"`.',
  },
  targetSessionAttrs: {
    type: "enum",
    values: TARGET_SESSION_ATTRS,
    doc: 'Which server is wanted. Default: `"any"` with one host, `"read-write"` with several.',
  },
  loadBalanceHosts: {
    type: "enum",
    values: ["disable", "random"],
    doc: 'Hosts are tried in order, the one that answered last first, or at random. Default: `"disable"`.',
  },
  applicationName: { type: "string", doc: "What `pg_stat_activity` shows." },
  settings: {
    type: "custom",
    shape: SETTINGS_SHAPE,
    check: checkSettings,
    doc: 'Settings of each connection, such as `{ statement_timeout: "5s" }`. Every reset leaves them in place.',
  },
  keepAlive: {
    type: "duration",
    min: 1_000,
    never: true,
    doc: "Silence after which TCP asks whether the server is still there. Default: 30 s.",
  },
  types: {
    type: "custom",
    shape: "an object with the function getTypeParser",
    check: (value) => (hasParser(value) ? undefined : "an object with the function getTypeParser"),
    doc: "Parsers for the types of values, as pg takes them. Default: pg's own.",
  },
  poolMode: {
    type: "enum",
    values: ["session", "transaction"],
    default: "session",
    doc: '`"transaction"` when a PgBouncer in transaction mode is in front: no prepared statements, no settings, no session state.',
  },
};

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((host) => typeof host === "string" && host !== "");
}

function hasParser(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && "getTypeParser" in value && typeof value.getTypeParser === "function"
  );
}
