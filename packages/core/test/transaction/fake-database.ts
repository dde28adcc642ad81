import { createPool, type PoolOptions, type ResourceFactory } from "../../src/pool/index.js";
import {
  createSqlClient,
  type QueryOptions,
  type SqlClient,
  type SqlClientOptions,
  type SqlDriver,
  type SqlResult,
} from "../../src/transaction/index.js";

export class DatabaseError extends Error {
  readonly kind: "refused" | "serialization" | "lost";

  constructor(kind: "refused" | "serialization" | "lost", message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * What goes wrong with one statement. `lost`: the connection dies before it has any effect; `reply lost`: after; `hang`: answers only to a
 * cancel; `deaf`: not even to that; `too late`: is carried out in spite of the cancel.
 */
export type Fault = "refused" | "serialization" | "lost" | "reply lost" | "hang" | "deaf" | "too late";

interface Frame {
  readonly savepoint: string | undefined;
  /** Who wrote or read in it; all of it belongs to one transaction or savepoint. */
  scope: unknown;
  rows: string[];
}

const ok: SqlResult = { rows: [], rowCount: 0 };

/** One connection: a small state machine of transactions and savepoints, which notes what should never reach a server. */
export class Connection {
  readonly id: number;
  /** Everything it was asked, in order. */
  readonly log: string[] = [];
  closed = false;
  dead = false;
  running = 0;
  frames: Frame[] | undefined;

  constructor(id: number) {
    this.id = id;
  }

  isGone(): boolean {
    return this.closed || this.dead;
  }

  get inTransaction(): boolean {
    return this.frames !== undefined;
  }

  /** What is no statement, for a `use`. */
  async load(rows: readonly string[], signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    this.log.push(`(loaded ${rows.join(",")})`);
    return await Promise.resolve(rows.length);
  }
}

/**
 * A database in memory. Understands BEGIN, COMMIT, ROLLBACK and savepoints, and INSERT and SELECT with `[scope, row]` as values: `scope` names the
 * transaction or savepoint that the caller means to be in (`"auto"` for none), and a statement that arrives anywhere else is a violation.
 */
export class FakeDatabase {
  readonly committed: string[] = [];
  readonly connections: Connection[] = [];
  /** What must not happen. Empty in every test. */
  readonly violations: string[] = [];
  /** Decides what goes wrong. Each call is for one statement. */
  fault: (text: string, connection: Connection) => Fault | undefined = () => undefined;
  /** How long each statement takes; its effect comes at the end. */
  latency: () => Promise<void> = () => Promise.resolve();
  /** Does it tell for free whether a transaction is open? */
  tellsTransaction = false;
  connectError: Error | undefined;

  readonly factory: ResourceFactory<Connection> = {
    kind: "fake",
    create: async () => {
      if (this.connectError !== undefined) throw this.connectError;
      const connection = new Connection(this.connections.length + 1);
      this.connections.push(connection);
      return connection;
    },
    status: (connection) => ({
      inTransaction: connection.inTransaction,
      busy: connection.running > 0,
      clean: !connection.inTransaction,
    }),
    reset: (connection) => {
      connection.log.push("(reset)");
      connection.frames = undefined;
    },
    close: (connection) => {
      if (connection.closed) this.violations.push(`connection ${String(connection.id)} is closed twice`);
      connection.closed = true;
      connection.frames = undefined;
    },
  };

  get driver(): SqlDriver<Connection> {
    return {
      query: (connection, text, values, options) => this.#query(connection, text, values, options),
      begin: ({ isolation, readOnly, mode }) => {
        const words = [
          "BEGIN",
          mode?.toUpperCase(),
          isolation?.toUpperCase(),
          readOnly === true ? "READ ONLY" : undefined,
        ];
        return [words.filter((word) => word !== undefined).join(" ")];
      },
      isRetryable: (error) => error instanceof DatabaseError && error.kind === "serialization",
      isConnectionLost: (error) => error instanceof DatabaseError && error.kind === "lost",
      ...(this.tellsTransaction && { inTransaction: (connection: Connection) => connection.inTransaction }),
    };
  }

  /** All that was asked of any connection, in order of the connections. */
  get log(): string[] {
    return this.connections.flatMap((connection) => connection.log);
  }

  async #query(
    connection: Connection,
    text: string,
    values: readonly unknown[],
    { signal }: QueryOptions,
  ): Promise<SqlResult> {
    connection.log.push(values.length === 0 ? text : `${text} ${values.join(" ")}`);
    if (connection.closed) this.violations.push(`${text} on a closed connection`);
    if (connection.running > 0) this.violations.push(`${text} while another statement runs`);
    if (signal?.aborted === true) this.violations.push(`${text} with a signal that had aborted`);
    connection.running++;
    try {
      await this.latency();
      return await this.#carryOut(connection, text, values, signal, this.fault(text, connection));
    } finally {
      connection.running--;
    }
  }

  async #carryOut(
    connection: Connection,
    text: string,
    values: readonly unknown[],
    signal: AbortSignal | undefined,
    fault: Fault | undefined,
  ): Promise<SqlResult> {
    if (connection.isGone() || fault === "lost") throw this.#die(connection);
    if (fault === "refused") throw new DatabaseError("refused", `refused: ${text}`);
    if (fault === "serialization") {
      connection.frames = undefined;
      throw new DatabaseError("serialization", `could not serialize: ${text}`);
    }
    if (fault === "deaf") return await new Promise<never>(() => undefined);
    if (fault === "hang" || fault === "too late") await aborted(signal);
    if (connection.isGone()) throw this.#die(connection);
    if (fault === "hang") throw new DatabaseError("refused", `cancelled: ${text}`);
    const result = this.#apply(connection, text, values);
    if (fault === "reply lost") throw this.#die(connection);
    return result;
  }

  #die(connection: Connection): DatabaseError {
    connection.dead = true;
    connection.frames = undefined;
    return new DatabaseError("lost", `connection ${String(connection.id)} is lost`);
  }

  #apply(connection: Connection, text: string, values: readonly unknown[]): SqlResult {
    const [verb, name] = [/^[A-Z]+( TO)?/.exec(text)?.[0], /"(.*)"/.exec(text)?.[1]];
    const { frames } = connection;
    switch (verb) {
      case "BEGIN":
        if (frames !== undefined) this.violations.push("BEGIN inside a transaction");
        connection.frames = [{ savepoint: undefined, scope: undefined, rows: [] }];
        return ok;
      case "COMMIT":
        if (frames?.length !== 1) this.violations.push(`COMMIT with ${String(frames?.length ?? 0)} levels open`);
        this.committed.push(...(frames ?? []).flatMap((frame) => frame.rows));
        connection.frames = undefined;
        return ok;
      case "ROLLBACK":
        connection.frames = undefined;
        return ok;
      case "SAVEPOINT":
        if (frames === undefined) this.violations.push("SAVEPOINT outside of a transaction");
        frames?.push({ savepoint: name, scope: undefined, rows: [] });
        return ok;
      case "RELEASE":
      case "ROLLBACK TO":
        return this.#endSavepoint(frames, verb, name);
      case "INSERT":
      case "SELECT":
        return this.#touch(frames, verb, values);
      default:
        throw new DatabaseError("refused", `syntax error: ${text}`);
    }
  }

  #endSavepoint(frames: Frame[] | undefined, verb: string, name: string | undefined): SqlResult {
    const inner = frames?.at(-1);
    const outer = frames?.at(-2);
    if (inner === undefined || outer === undefined || inner.savepoint !== name) {
      if (frames?.some((frame) => frame.savepoint === name) === true)
        this.violations.push(`${verb} ${String(name)} over an inner savepoint`);
      throw new DatabaseError("refused", `no such savepoint: ${String(name)}`);
    }
    if (verb === "ROLLBACK TO") {
      inner.rows = [];
      return ok;
    }
    frames?.pop();
    outer.rows.push(...inner.rows);
    return ok;
  }

  #touch(frames: Frame[] | undefined, verb: string, [scope, row]: readonly unknown[]): SqlResult {
    const frame = frames?.at(-1);
    const expected = frame === undefined ? "auto" : (frame.scope ??= scope);
    if (scope !== expected) this.violations.push(`${verb} meant for ${String(scope)} ran in ${String(expected)}`);
    if (verb === "SELECT") return { rows: this.committed.map((id) => ({ id })), rowCount: this.committed.length };
    (frame?.rows ?? this.committed).push(String(row));
    return { rows: [], rowCount: 1 };
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));
}

/** A client over a pool over a fake database. */
export function clientOf(
  database: FakeDatabase,
  poolOptions: PoolOptions = {},
  options: Partial<SqlClientOptions<Connection>> = {},
): SqlClient<Connection> {
  const { clock } = options;
  const pool = createPool(database.factory, {
    name: "main",
    maxSize: 4,
    ...(clock !== undefined && { clock }),
    ...poolOptions,
  });
  return createSqlClient({ pool, driver: database.driver, ...options });
}
