import { type Queryable, type SqlClient } from "@pool/core";
import { type CompiledQuery, type Kysely } from "kysely";
import { type Schema } from "./data/schema.js";

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

/** What the service knows of its database. Which one it is, only `database.ts` says. */
export interface Store {
  /** Borrows a connection for each statement. */
  readonly db: Db;
  /**
   * Commits when `work` resolves and rolls back when it rejects. Runs `work` again after a serialization failure, so it must do nothing
   * that a rollback does not undo. `label` names it among the holders of `/pools` and in errors.
   */
  transaction<T>(work: (db: Db) => Promise<T>, options: { readonly label: string }): Promise<T>;
  /** Runs one long read on a connection of its own, which can be stopped. */
  longRead<Row>(query: { compile(): CompiledQuery<Row> }, options: ReadOptions): Promise<Row[]>;
}

const RETRIES = 3;

/** A store over any SQL client. `kyselyOver` makes a Kysely whose statements go to the client or transaction that it is given. */
export function makeStore(client: SqlClient, kyselyOver: (queryable: Queryable) => Db): Store {
  return {
    db: kyselyOver(client),
    transaction: (work, { label }) => client.transaction((tx) => work(kyselyOver(tx)), { label, retries: RETRIES }),
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
