import { type OptionTable, poolOptions, supervisionOptions } from "@pool/core";
import { checkTls, TLS_SHAPE } from "./connect/tls.js";
import { type RedisOptions, type SentinelOptions } from "./options.js";

const PASSWORD_SHAPE = "a string that is not empty, or a function that gives one";

/** The table behind {@link RedisOptions}. */
export const redisOptions: OptionTable<RedisOptions> = {
  url: {
    type: "string",
    doc: "`redis://user:password@host:port/db`, or `rediss://` over TLS. What is given beside it comes first.",
  },
  host: { type: "string", doc: 'Where the server runs. Default: "localhost".' },
  port: { type: "integer", min: 1, max: 65_535, doc: "Its TCP port. Default: 6379." },
  path: { type: "string", doc: "The path of its Unix socket, in place of `host` and `port`." },
  db: { type: "integer", min: 0, max: 1_000_000, doc: "The number of the database. Default: 0." },
  user: { type: "string", doc: "The ACL user. Default: the server's default user." },
  password: {
    type: "custom",
    shape: PASSWORD_SHAPE,
    secret: true,
    check: (value) =>
      typeof value === "function" || (typeof value === "string" && value !== "") ? undefined : PASSWORD_SHAPE,
    doc: "A text, or a function that is asked for each connect, and once more when what it gave was refused.",
  },
  tls: {
    type: "custom",
    shape: TLS_SHAPE,
    check: checkTls,
    doc: "TLS, verified unless `insecure` is true. Default: false, and true for `rediss://`.",
  },
  sentinel: {
    type: "custom",
    shape: "an object with hosts and name",
    check: (value) => (typeof value === "object" && value !== null ? undefined : "an object with hosts and name"),
    doc: "Sentinels to ask where the master is, in place of `host` and `port`: see below.",
  },
  commandTimeout: {
    type: "duration",
    min: 1,
    never: true,
    default: 5_000,
    doc: "Longest time for one command, the wait for a connection included.",
  },
  maxRetries: {
    type: "integer",
    min: 0,
    infinity: true,
    default: 3,
    doc: "So many failed connects in a row are followed by another try before commands that wait are refused with `UNAVAILABLE`. A command that may have been sent is never sent again.",
  },
  maxQueued: {
    type: "integer",
    min: 0,
    infinity: true,
    default: 10_000,
    doc: "Commands that may wait at once for a connection that answers; one more is refused with `QUEUE_FULL`.",
  },
  pingInterval: {
    type: "duration",
    min: 100,
    never: true,
    default: 10_000,
    doc: "The shared connection is asked whether it is still there when nothing has come from it for so long.",
  },
  silentAfter: {
    type: "duration",
    min: 10,
    never: true,
    default: 500,
    doc: "How long the server may owe an answer before another connection is tried beside the one that is silent; longer where its answers are known to take long.",
  },
  lazy: { type: "boolean", default: false, doc: "`connect()` opens nothing; the first command does." },
  ...poolOptions,
  ...supervisionOptions,
  name: { type: "string", doc: "Names the connector and its pools. Default: the name it is registered under." },
  minIdle: {
    type: "integer",
    min: 0,
    max: 1_000_000,
    doc: "Idle connections of the pool that are kept ready. Default: 2, or `maxIdle` where that is less.",
  },
  connectTimeout: {
    type: "duration",
    min: 1,
    never: true,
    default: 5_000,
    doc: "Longest time for opening one connection.",
  },
};

/** The table behind {@link SentinelOptions}. */
export const sentinelOptions: OptionTable<SentinelOptions> = {
  hosts: {
    type: "custom",
    shape: 'an array of hosts, each as "name" or "name:port"',
    required: true,
    check: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((host) => typeof host === "string" && host !== "")
        ? undefined
        : 'an array of hosts, each as "name" or "name:port"',
    doc: "Where the sentinels are. The port is 26379 unless one says otherwise.",
  },
  name: { type: "string", required: true, doc: "What they call the master." },
  user: { type: "string", doc: "As whom to ask them, where they want to know." },
  password: { type: "string", secret: true, doc: "And with which password." },
  tls: { type: "custom", shape: TLS_SHAPE, check: checkTls, doc: "TLS to the sentinels. Default: as to the server." },
};
