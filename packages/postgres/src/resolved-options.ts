import {
  invalidOptions,
  limitProblems,
  pickOptions,
  type PoolHooks,
  poolOptions,
  type PoolOptions,
  readOptions,
  readPoolOptions,
  type ResolvedPoolOptions,
  withHooks,
} from "@pool/core";
import { type ConnectOptions, type DialOptions, readConnectOptions } from "./connect/dial-options.js";
import { type PostgresConnection } from "./connection/connection.js";
import { type ResetMode, type SessionMode } from "./connection/session-dirt.js";
import { postgresOptions, replicaOptions } from "./option-table.js";
import { type PostgresOptions, type ReplicaOptions } from "./options.js";
import { readSharedOptions, type SharedOptions } from "./shared/options.js";

/** {@link PostgresOptions} as the parts of the connector take them. */
export interface ResolvedPostgresOptions {
  /** What was given, with the defaults: for `config`, and for finding secrets in errors. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly name: string | undefined;
  readonly pool: ResolvedPoolOptions;
  readonly dial: DialOptions;
  readonly replicas: ResolvedReplicas | undefined;
  readonly hooks: PoolHooks<PostgresConnection> | undefined;
  readonly shared: SharedOptions | undefined;
  readonly listenKeepAlive: number;
  readonly queryTimeout: number;
  readonly statementCache: number;
  readonly reset: SessionMode;
  readonly labels: "off" | "comment" | "applicationName";
  readonly lazy: boolean;
}

/** The second pool: its hosts end with the primary's, which serve while no replica can be had. */
export interface ResolvedReplicas {
  readonly dial: DialOptions;
  readonly limits: PoolOptions;
  readonly retryAfter: number;
}

/** Checks options and fills in the defaults. @throws PoolError `INVALID_OPTIONS` with every problem at once */
export function readPostgresOptions(input: unknown): ResolvedPostgresOptions {
  const given = readOptions(postgresOptions, input, WHERE) as Given;
  const { options: dial, problems } = readConnectOptions(given);
  const pool = { ...pickOptions(poolOptions, given), connectTimeout: dial.connectTimeout };
  const replicas = given.replicas === undefined ? undefined : readReplicas(given, dial);
  const found = [...problems, ...(replicas?.problems ?? []), ...impossible(given)];
  if (found.length > 0) throw invalidOptions(WHERE, found);
  const resolvedPool = readPoolOptions(pool, "postgres");
  readSharedOptions(given.shared, `${WHERE}: shared`);
  if (given.hooks !== undefined) withHooks({ kind: "postgres", create: nothing, close: () => undefined }, given.hooks);
  return {
    given: given as unknown as Readonly<Record<string, unknown>>,
    name: given.name,
    pool: resolvedPool,
    dial,
    replicas: replicas?.resolved,
    hooks: given.hooks,
    shared: given.shared,
    listenKeepAlive: given.listenKeepAlive,
    queryTimeout: given.queryTimeout,
    statementCache: dial.poolMode === "transaction" ? 0 : given.statementCache,
    reset: dial.poolMode === "transaction" && given.reset === "auto" ? "transaction" : given.reset,
    labels: given.labels,
    lazy: given.lazy,
  };
}

const WHERE = "postgres";

/** What the table has checked and filled in. */
type Given = PostgresOptions & {
  readonly queryTimeout: number;
  readonly statementCache: number;
  readonly reset: ResetMode;
  readonly labels: "off" | "comment" | "applicationName";
  readonly lazy: boolean;
  readonly listenKeepAlive: number;
};

function impossible({ poolMode, labels, reset }: Given): string[] {
  const problems: string[] = [];
  if (labels === "applicationName" && (reset === "rollback" || reset === "none")) {
    problems.push(`labels "applicationName" needs a reset that takes the name back, and reset "${reset}" does not`);
  }
  if (poolMode !== "transaction") return problems;
  if (labels === "applicationName") {
    problems.push('labels "applicationName" needs a session, and poolMode "transaction" has none; "comment" works');
  }
  if (reset === "discard") {
    problems.push(
      'reset "discard" needs a session, and poolMode "transaction" has none: each transaction starts clean',
    );
  }
  return problems;
}

function readReplicas(
  given: Given,
  primary: DialOptions,
): { readonly resolved: ResolvedReplicas; readonly problems: readonly string[] } {
  const read = readOptions(replicaOptions, given.replicas, `${WHERE}: replicas`) as unknown as ReplicaOptions & {
    readonly maxSize: number;
    readonly minIdle: number;
    readonly retryAfter: number;
  };
  const { url: _, host: __, ...rest } = given;
  const [first] = primary.hosts;
  const { options, problems } = readConnectOptions({
    ...rest,
    port: given.port ?? first?.port,
    user: primary.user,
    database: primary.database,
    hosts: read.hosts,
    targetSessionAttrs: "prefer-standby",
  } as ConnectOptions);
  const dial = {
    ...primary,
    hosts: [...options.hosts, ...primary.hosts],
    targetSessionAttrs: "prefer-standby",
  } as const;
  const { maxSize, maxIdle = maxSize, minIdle } = read;
  const limits = { maxSize, maxIdle, minIdle };
  const tooMany = limitProblems(limits).map((problem) => `replicas: ${problem}`);
  return { resolved: { dial, limits, retryAfter: read.retryAfter }, problems: [...problems, ...tooMany] };
}

function nothing(): Promise<never> {
  return Promise.reject(new Error("only the hooks are looked at"));
}
