import { type Queryable, type SessionOptions, type TransactionOptions } from "@pool/core";
import { type CompiledQuery, type Kysely } from "kysely";
import { type Schema } from "./data/schema.js";
import { type DatabaseDialect, type Load } from "./dialect.js";

/** The order service's tables through Kysely: over the pool, or inside one transaction. */
export type Db = Kysely<Schema>;

export interface ReadOptions {
  /** Names the reader among the holders of `/pools` and in errors. */
  readonly label: string;
  /** Stops the statement in the database; then the signal's reason is what is thrown. */
  readonly signal: AbortSignal;
  /** Longest time in ms, both for the wait and for the statement. */
  readonly timeout: number;
}

/** What the service knows of its database. Which one it is, only `database.ts` and `dialect.ts` say. */
export interface Store {
  /** Borrows a connection for each statement. */
  readonly db: Db;
  /**
   * Commits when `work` resolves and rolls back when it rejects. Runs `work` again after a serialization failure, so it must do nothing
   * that a rollback does not undo. `label` names it among the holders of `/pools` and in errors.
   */
  transaction<T>(work: (db: Db) => Promise<T>, options: { readonly label: string }): Promise<T>;
  /** A transaction for putting in many rows: `load` takes them the fastest way that the database has. */
  load(work: (load: Load, db: Db) => Promise<void>, options: { readonly label: string }): Promise<void>;
  /** Runs one long read on a connection of its own, which can be stopped. */
  longRead<Row>(query: { compile(): CompiledQuery<Row> }, options: ReadOptions): Promise<Row[]>;
}

const RETRIES = 3;

/** What the store needs of a connector's client, whose transactions take the same statements as it does: `Target`. */
interface StoreClient<Target> {
  transaction<T>(work: (tx: Target) => PromiseLike<T>, options: TransactionOptions): Promise<T>;
  session<T>(work: (session: Queryable) => PromiseLike<T>, options: SessionOptions): Promise<T>;
}

/** A store over the client of any SQL connector, with the dialect of its database. */
export function makeStore<Target>(client: Target & StoreClient<Target>, dialect: DatabaseDialect<Target>): Store {
  const { kyselyOver, loadInto } = dialect;
  return {
    db: kyselyOver(client),
    transaction: (work, { label }) => client.transaction((tx) => work(kyselyOver(tx)), { label, retries: RETRIES }),
    load: (work, { label }) => client.transaction((tx) => work(loadInto(tx), kyselyOver(tx)), { label }),
    async longRead<Row>(query: { compile(): CompiledQuery<Row> }, { label, signal, timeout }: ReadOptions) {
      const { sql, parameters } = query.compile();
      const borrow = { readOnly: true, label, signal, timeout };
      const { rows } = await client.session(
        (session) => session.query<Row>(sql, parameters, { signal, timeout }),
        borrow,
      );
      return rows;
    },
  };
}
