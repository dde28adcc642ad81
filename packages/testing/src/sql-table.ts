import { randomBytes } from "node:crypto";
import type { Queryable, QueryOptions, SqlClient, SqlResult } from "@pool/core";
import type { Bench } from "./bench.js";
import { works } from "./broken-promise.js";

/** A table of one check: a number and a text in each row. It is dropped when the check is over. */
export interface Table {
  readonly name: string;
  insert(on: Queryable, id: number, body: string | null, options?: QueryOptions): Promise<SqlResult>;
  /** The text of row `id`; undefined when there is no such row. */
  body(on: Queryable, id: number): Promise<unknown>;
  /** The numbers of all rows, in their order. */
  ids(on: Queryable): Promise<number[]>;
}

export interface SqlBench {
  readonly client: SqlClient;
  readonly table: Table;
  /** How the n-th bound value is written. */
  readonly nth: (n: number) => string;
}

/** A connected client with a table of its own. */
export async function sqlBench(bench: Bench): Promise<SqlBench> {
  const { placeholder: nth, integer, text } = bench.sql;
  const client = await bench.sqlClient();
  const name = `contract_${randomBytes(6).toString("hex")}`;
  await works("create table", bench.patience, () =>
    client.query(`create table ${name} (id ${integer} primary key, body ${text})`),
  );
  bench.defer(() => client.query(`drop table ${name}`));
  const table: Table = {
    name,
    insert: (on, id, body, options) =>
      on.query(`insert into ${name} (id, body) values (${nth(1)}, ${nth(2)})`, [id, body], options),
    async body(on, id) {
      const { rows } = await on.query<{ body: unknown }>(`select body from ${name} where id = ${nth(1)}`, [id]);
      return rows[0]?.body;
    },
    async ids(on) {
      const { rows } = await on.query<{ id: unknown }>(`select id from ${name} order by id`);
      return rows.map((row) => Number(row.id));
    },
  };
  return { client, table, nth };
}

/** `1, 2` or `none`, for messages. */
export function list(ids: readonly number[]): string {
  return ids.length === 0 ? "none" : ids.join(", ");
}
