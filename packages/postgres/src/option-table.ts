import { type OptionTable, poolOptions, supervisionOptions } from "@pool/core";
import { connectOptions } from "./connect/dial-options.js";
import { listenKeepAlive } from "./listen/options.js";
import { type PostgresOptions, type ReplicaOptions } from "./options.js";

/** The table behind {@link PostgresOptions}. */
export const postgresOptions: OptionTable<PostgresOptions> = {
  ...connectOptions,
  ...poolOptions,
  ...supervisionOptions,
  name: { type: "string", doc: "Names the connector and its pools. Default: the name it is registered under." },
  queryTimeout: {
    type: "duration",
    min: 1,
    never: true,
    default: 30_000,
    doc: "Longest time for one statement, once it has a connection; then it is cancelled on the server.",
  },
  statementCache: {
    type: "integer",
    min: 0,
    max: 10_000,
    default: 100,
    doc: "Prepared statements kept by each connection; 0 prepares none. A text is prepared when a connection sees it again.",
  },
  reset: {
    type: "enum",
    values: ["auto", "discard", "rollback", "none"],
    default: "auto",
    doc: "What a release undoes: what the lease has dirtied, everything (`DISCARD ALL`, always), an open transaction, or nothing.",
  },
  labels: {
    type: "enum",
    values: ["off", "comment", "applicationName"],
    default: "off",
    doc: "Whether labels reach the server: as a comment in front of the statement, or as its `application_name` (a round trip when it changes).",
  },
  lazy: { type: "boolean", default: false, doc: "`connect()` opens nothing; the first borrower does." },
  hooks: {
    type: "custom",
    shape: "an object of afterConnect, beforeLend and afterReturn",
    check: checkObject,
    doc: "Functions after each connect, before each loan and after each return; each may refuse by throwing.",
  },
  replicas: {
    type: "custom",
    shape: "an object with hosts",
    check: checkObject,
    doc: "Replicas for `readOnly` sessions and transactions, in a pool of their own: see below.",
  },
  shared: {
    type: "custom",
    shape: "an object of options",
    check: checkObject,
    doc: "The connections behind `client.shared`: see below.",
  },
  listenKeepAlive,
};

/** The table behind {@link ReplicaOptions}. */
export const replicaOptions: OptionTable<ReplicaOptions> = {
  hosts: {
    type: "custom",
    shape: 'an array of hosts, each as "name" or "name:port"',
    required: true,
    check: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((host) => typeof host === "string" && host !== "")
        ? undefined
        : 'an array of hosts, each as "name" or "name:port"',
    doc: "Where the replicas are. Everything else is as for the primary.",
  },
  maxSize: { ...poolOptions.maxSize, doc: "Hard limit of connections to replicas." },
  maxIdle: poolOptions.maxIdle,
  minIdle: poolOptions.minIdle,
  retryAfter: {
    type: "duration",
    min: 1_000,
    never: true,
    default: 30_000,
    doc: "A connection that had to be made to the primary is replaced when it is as old as this and idle.",
  },
};

function checkObject(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? undefined : "an object";
}
