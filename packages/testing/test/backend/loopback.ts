import { once } from "node:events";
import {
  createPool,
  createSqlClient,
  defineConnector,
  fingerprint,
  PoolError,
  type Connector,
  type ConnectorSpec,
  type ResourceFactory,
  type SqlClient,
  type SqlDriver,
} from "@pool/core";
import type { SQLInputValue } from "node:sqlite";
import { BUSY } from "./server.js";
import { ServerError, Wire, WireError } from "./wire.js";

export interface LoopbackOptions {
  readonly port: number;
  readonly password: string;
  readonly maxSize?: number;
}

/** The parts of an adapter; the broken ones differ from the correct one in one of them. */
export interface Parts {
  readonly options: LoopbackOptions;
  readonly factory: ResourceFactory<Wire>;
  readonly driver: SqlDriver<Wire>;
}

export function partsOf(options: LoopbackOptions): Parts {
  return { options, factory: factoryOf(options), driver };
}

/** What a connector of these parts does; {@link connectorOf} makes one. */
export function specOf({ options, factory, driver }: Parts): ConnectorSpec<SqlClient<Wire>> {
  return {
    kind: "loopback",
    name: undefined,
    options,
    key: `loopback://127.0.0.1:${options.port}?as=${fingerprint(options.password)}`,
    async open({ name, signal, lost: gone }) {
      const tells: ResourceFactory<Wire> = {
        ...factory,
        async create({ lost, ...context }) {
          return await factory.create({
            ...context,
            lost: (cause) => {
              lost(cause);
              gone(cause);
            },
          });
        },
      };
      const pool = createPool(tells, { name, maxSize: options.maxSize ?? 4, validateIfIdleFor: 0 });
      try {
        await pool.warm(1, { signal });
      } catch (error) {
        await pool.close({ timeout: 0 });
        throw error;
      }
      return createSqlClient({ pool, driver, cancelTimeout: 200 });
    },
    close: (client, { timeout }) => client.pool.close({ timeout }),
    // A wire of its own, so that it never waits behind borrowers.
    async check(_client, signal) {
      const wire = await factory.create({ signal, lost: () => undefined });
      await factory.close(wire, { graceful: true });
      return undefined;
    },
    connections: (client) => client.pool.stats.size,
  };
}

export function loopback(options: LoopbackOptions): Connector<SqlClient<Wire>> {
  return defineConnector(specOf(partsOf(options)));
}

export function factoryOf({ port, password }: LoopbackOptions): ResourceFactory<Wire> {
  return {
    kind: "loopback",
    async create({ signal, lost }) {
      signal.throwIfAborted();
      const wire = new Wire(port, lost);
      try {
        await once(wire.socket, "connect", { signal });
        await wire.ask({ op: "hello", password }, signal);
        signal.throwIfAborted();
        return wire;
      } catch (error) {
        await wire.close();
        throw error;
      }
    },
    validate: (wire, signal) => wire.ask({ op: "query", text: "select 1", values: [] }, signal),
    async reset(wire, signal) {
      await wire.ask({ op: "reset" }, signal);
      wire.touched = false;
    },
    close: (wire) => wire.close(),
    status: ({ inTransaction, busy, touched }) => ({ inTransaction, busy, clean: !inTransaction && !busy && !touched }),
    isFatal: (error) => error instanceof WireError,
  };
}

const driver: SqlDriver<Wire> = {
  async query(wire, text, values, { signal }) {
    wire.touched ||= /^\s*(create temp|attach|pragma)/i.test(text);
    // JSON carries what SQLite knows, but for blobs, which nothing here binds.
    const { rows = [], rowCount = 0 } = await wire.ask(
      { op: "query", text, values: values as SQLInputValue[] },
      signal,
    );
    return { rows, rowCount };
  },
  begin({ isolation, readOnly }) {
    if (isolation !== undefined && isolation !== "serializable") {
      throw new PoolError("INVALID_ARGUMENT", `isolation must be "serializable", got ${JSON.stringify(isolation)}`);
    }
    return readOnly === true ? ["begin", "pragma query_only = on"] : ["begin"];
  },
  isRetryable: (error) => error instanceof ServerError && (error.code & 0xff) === BUSY,
  isConnectionLost: (error) => error instanceof WireError,
  inTransaction: (wire) => wire.inTransaction,
};
