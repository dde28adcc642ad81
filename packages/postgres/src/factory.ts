import { type ResourceFactory } from "@pool/core";
import { createDialer, type Dialer } from "./connect/dialer.js";
import { PostgresConnection } from "./connection/connection.js";
import { type SessionMode } from "./connection/session-dirt.js";
import { takesWrites } from "./connection/read-only.js";
import { isConnectionLost } from "./errors.js";
import { type ResolvedPostgresOptions, type ResolvedReplicas } from "./resolved-options.js";

/** Longest time for handing a cancel to the server, in ms; one that takes longer costs the connection. */
export const CANCEL_TIMEOUT = 1_000;

/** How the connections of one pool are made and kept. */
export interface FactoryOptions {
  readonly dialer: Dialer;
  readonly reset: SessionMode;
  readonly statementCache: number;
  /** Longest time for handing a cancel to the server, in ms. */
  readonly cancelTimeout: number;
  /** A connection that takes no writes is unfit: of a pool that is for writing. */
  readonly mustWrite: boolean;
  /** Called when one turns out to take none any more: the others are to be looked at. */
  readonly onReadOnly?: (() => void) | undefined;
  /** A connection that is no replica is replaced at this age, in ms, for a replica may be back: of a pool that is for reading. */
  readonly replaceFallbackAfter?: number | undefined;
}

/** The factory of a pool that goes where `dial` says, and where it asks for a server that takes writes, keeps to such. */
export function primaryFactory(
  { dial, reset, statementCache }: Pick<ResolvedPostgresOptions, "dial" | "reset" | "statementCache">,
  dialer: Dialer,
  onReadOnly?: () => void,
): ResourceFactory<PostgresConnection> {
  const mustWrite = dial.targetSessionAttrs === "read-write" || dial.targetSessionAttrs === "primary";
  return postgresFactory({ dialer, reset, statementCache, mustWrite, onReadOnly, cancelTimeout: CANCEL_TIMEOUT });
}

/** The factory of the pool of replicas. */
export function replicaFactory(
  { reset, statementCache }: Pick<ResolvedPostgresOptions, "reset" | "statementCache">,
  { dial, retryAfter }: ResolvedReplicas,
): ResourceFactory<PostgresConnection> {
  return postgresFactory({
    ...{ dialer: createDialer(dial), reset, statementCache, cancelTimeout: CANCEL_TIMEOUT },
    mustWrite: false,
    replaceFallbackAfter: retryAfter,
  });
}

/** How one connection to PostgreSQL is opened, validated, reset and closed. */
export function postgresFactory(options: FactoryOptions): ResourceFactory<PostgresConnection> {
  const { dialer, reset, statementCache, cancelTimeout, mustWrite, onReadOnly, replaceFallbackAfter } = options;
  const openedAt = new WeakMap<PostgresConnection, number>();
  return {
    kind: "postgres",
    async create({ signal, lost }) {
      const connection = new PostgresConnection(await dialer.dial({ signal, lost }), {
        statementCache,
        cancelTimeout,
        reset,
      });
      openedAt.set(connection, performance.now());
      return connection;
    },
    async validate(connection, signal) {
      await connection.validate(signal);
      if (mustWrite && connection.server.isReadOnly === true) throw new Error("the server has become read-only");
      const age = performance.now() - (openedAt.get(connection) ?? 0);
      if (replaceFallbackAfter !== undefined && connection.server.isStandby === false && age >= replaceFallbackAfter) {
        throw new Error("it leads to the primary, and a replica may be back");
      }
    },
    async reset(connection, signal) {
      const { refusedWrite } = connection;
      await connection.reset(reset, signal);
      if (!mustWrite || !refusedWrite || (await takesWrites(connection, signal))) return;
      onReadOnly?.();
      throw new Error("the server takes no writes any more");
    },
    close: (connection, { graceful }) => connection.close(graceful),
    status: (connection) => connection.status,
    isFatal: isConnectionLost,
  };
}
