import { type QueryOptions, trackStatement } from "@pool/core";
import { type CustomTypesConfig } from "pg";
import { type Dialer } from "../connect/dialer.js";
import { type PostgresResult } from "../connection/statement.js";
import { assertText, wireValuesOf } from "../connection/values.js";
import { type LabelMode, sharedText } from "../labels.js";
import { Admission } from "./admission.js";
import { readCall, type SharedCall } from "./call.js";
import { Dispatcher } from "./dispatcher.js";
import { type SharedPoolOptions } from "./dispatcher-options.js";
import { refused } from "./failures.js";
import { readSharedOptions, type SharedOptions } from "./options.js";
import { SharedStatement } from "./statement.js";

/** What a shared statement may say beside its text and values. */
export interface SharedQueryOptions extends QueryOptions {
  rowMode?: "object" | "array";
  types?: CustomTypesConfig;
  /** `true` prepares at the first use, `false` never. Default: at the second use of a text on a connection, with values or without. */
  prepare?: boolean;
}

/** A shared statement as one object. */
export interface SharedStatementObject extends SharedQueryOptions {
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface SharedStats {
  /** Statements sent and not answered yet. */
  readonly depth: number;
  /** Statements that wait to be sent. */
  readonly queued: number;
  /** Open connections, those that take nothing more among them. */
  readonly connections: number;
  /** Statements answered so far, with a result or an error of the server. */
  readonly completed: number;
  /** Connections taken out of use so far: by a slow statement, a cancel, age, a change of the server's role. */
  readonly retired: number;
}

/** Statements of many callers over one or two pipelined connections. */
export interface SharedQueries {
  /**
   * Runs one statement on its own, behind others that were sent before it. It is never sent twice unless it was certainly not carried out.
   * @throws PoolError `INVALID_ARGUMENT` what needs or leaves session state, and anything but SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES,
   * WITH, TABLE and SHOW · `QUEUE_FULL` · `UNAVAILABLE` nothing is open and connects fail · `QUERY_TIMEOUT` (`details.sent`: it may still be
   * carried out) · `RESOURCE_LOST` the connection broke with it on it: it may have been carried out · `POOL_CLOSED` · the server's errors
   */
  query<Row = Record<string, unknown>>(
    statement: string | SharedStatementObject,
    values?: readonly unknown[],
    options?: SharedQueryOptions,
  ): Promise<PostgresResult<Row>>;
  readonly stats: SharedStats;
}

/** What {@link createShared} gives the connector. */
export interface SharedConnections extends SharedQueries {
  /** Refuses what comes, waits up to `timeout` ms for what is under way, then rejects it; resolves when no socket is open. Never rejects. */
  close(timeout: number): Promise<void>;
}

export interface SharedSettings {
  readonly name: string;
  readonly dialer: Dialer;
  readonly options: SharedOptions | undefined;
  readonly pool: SharedPoolOptions;
  /** In ms, from the call to the reply. */
  readonly queryTimeout: number;
  readonly labels: LabelMode;
  /** 0 where statements cannot have names: behind a PgBouncer in transaction mode. */
  readonly statementCache: number;
}

/** Shared connections, opened when they are first used. @throws PoolError `INVALID_OPTIONS` */
export function createShared(settings: SharedSettings): SharedConnections {
  const { name, dialer, options, pool, statementCache, queryTimeout, labels } = settings;
  const resolved = readSharedOptions(options, `shared queries of ${JSON.stringify(name)}`);
  const dispatcher = new Dispatcher({ ...resolved, ...pool, name, dialer, statementCache });
  const admission = new Admission();

  const send = <Row>(call: SharedCall): Promise<PostgresResult<Row>> =>
    new Promise((resolve, reject) => {
      const { signal, timeout = queryTimeout } = call;
      assertText(call.text);
      const why = admission.refusalOf(call.text);
      if (why !== undefined) throw refused(name, call.text, why);
      signal?.throwIfAborted();
      const wireValues = wireValuesOf(call.values);
      const answer = resolve as unknown as (result: PostgresResult) => void; // what a row is, the caller says
      const text = sharedText(labels, call.text, call.label);
      const sent = text === call.text ? call : { ...call, text };
      const shared = new SharedStatement(sent, wireValues, dispatcher.now() + timeout, timeout, answer, reject);
      if (signal !== undefined) shared.abortWith(signal, () => dispatcher.abort(shared, signal.reason));
      dispatcher.add(shared);
    });

  return {
    query: <Row>(
      statement: string | SharedStatementObject,
      values?: readonly unknown[],
      given?: SharedQueryOptions,
    ): Promise<PostgresResult<Row>> => {
      let call: SharedCall;
      try {
        call = readCall(statement, values, given);
      } catch (error) {
        return Promise.reject(error);
      }
      return trackStatement(name, call.text, call.label, () => send<Row>(call), call.values);
    },
    get stats() {
      const { links, queue } = dispatcher;
      const { open, answered, retired } = links;
      const depth = open.reduce((sum, { waiting }) => sum + waiting.length, 0);
      return { depth, queued: queue.length, connections: open.length, completed: answered, retired };
    },
    close: (timeout) => dispatcher.close(timeout),
  };
}
