import { randomUUID } from "node:crypto";
import { isPoolError } from "@pool/core";
import { fails, keep, works } from "../broken-promise.js";
import { checksOf } from "../check.js";
import { recordEvents } from "../secrets.js";
import { sqlBench } from "../sql-table.js";

const check = checksOf("sql", "sql");

/** Texts that end up as SQL, as a placeholder or as something else when they are not bound. */
const HOSTILE = [
  "",
  "Robert'); drop table students; --",
  "' or '1'='1",
  'a "quoted" word',
  "back\\slash \\' \\n",
  "$1 ? :name @name %s %",
  "two\nlines\tand a tab",
  "naïve — 池 — 🏊",
  "/* no */ -- comment",
];

export const statements = [
  check("query binds its values, so that no text is ever SQL", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    for (const [index, text] of HOSTILE.entries()) {
      await works(`insert of ${JSON.stringify(text)}`, bench.patience, () => table.insert(client, index, text));
    }
    for (const [index, text] of HOSTILE.entries()) {
      const back = await table.body(client, index);
      keep(back === text, `${JSON.stringify(text)} came back as ${JSON.stringify(back)}`);
    }
    await table.insert(client, -1, null);
    keep((await table.body(client, -1)) === null, "null did not come back as null");
    const ids = await table.ids(client);
    keep(ids.length === HOSTILE.length + 1, `${ids.length} rows are there where ${HOSTILE.length + 1} were inserted`);
  }),

  check("query resolves with the rows read, or with the number of rows changed", [], async (bench) => {
    const { client, table, nth } = await sqlBench(bench);
    const inserted = await table.insert(client, 1, "one");
    keep(inserted.rowCount === 1, `rowCount of an insert of one row is ${inserted.rowCount}`);
    keep(Array.isArray(inserted.rows) && inserted.rows.length === 0, "rows of an insert is no empty array");
    await table.insert(client, 2, "two");
    const read = await client.query(`select id, body from ${table.name} order by id`);
    keep(
      read.rowCount === 2 && read.rows.length === 2,
      `rowCount is ${read.rowCount} and rows has ${read.rows.length} of 2 rows`,
    );
    keep(read.rows[1]?.body === "two", "a row is no object of its columns");
    const none = await client.query(`select id from ${table.name} where id = ${nth(1)}`, [99]);
    keep(none.rowCount === 0 && none.rows.length === 0, "a select without a match did not resolve with no rows");
    const changed = await client.query(`update ${table.name} set body = ${nth(1)}`, ["x"]);
    keep(changed.rowCount === 2, `rowCount of an update of two rows is ${changed.rowCount}`);
  }),

  check("a refused statement rejects, and its connection goes on", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    await client.session(async (session) => {
      const error = await fails("a select from no table", bench.patience, () =>
        session.query("select * from contract_no_such_table"),
      );
      keep(
        error instanceof Error && error.message !== "",
        "it rejected with something that is no Error with a message",
      );
      await works("the next statement of the same session", bench.patience, () => table.insert(session, 1, "one"));
    });
    keep((await table.body(client, 1)) === "one", "what was written after a refused statement is not there");
  }),

  check("a duplicate key rejects without the bound values in its error", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    await table.insert(client, 1, "the first");
    const value = "bound-4f1d09c2";
    const error = await fails("a second row with the same key", bench.patience, () => table.insert(client, 1, value));
    keep(error instanceof Error, "it rejected with something that is no Error");
    keep(!error.message.includes(value), "the message of the error holds a bound value");
  }),

  check("ambiguous input is refused with INVALID_ARGUMENT before anything is sent", [], async (bench) => {
    const { client } = await sqlBench(bench);
    const wrong: readonly (readonly [what: string, run: () => Promise<unknown>])[] = [
      ["an empty statement", () => client.query("")],
      // What a caller without types may pass.
      ["a statement that is no text", () => client.query(42 as unknown as string)],
      ["values that are no list", () => client.query("select 1", "1" as unknown as unknown[])],
      [
        "an isolation level that nobody has",
        () => client.transaction(() => Promise.resolve(), { isolation: "perfect" as "serializable" }),
      ],
    ];
    for (const [what, run] of wrong) {
      const error = await fails(what, bench.patience, run);
      keep(
        isPoolError(error, "INVALID_ARGUMENT"),
        `${what} rejected with something else than INVALID_ARGUMENT: ${String(error)}`,
      );
    }
  }),

  check("events carry the statement and its label, and never a bound value", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    const recording = recordEvents();
    bench.defer(() => recording.stop());
    // Events are told to the whole process: what is looked for must be this check's own.
    const [value, label, inner] = [`bound-${randomUUID()}`, `label-${randomUUID()}`, `within-${randomUUID()}`];
    await table.insert(client, 1, value, { label });
    await client.transaction((tx) => table.insert(tx, 2, value, { label: inner }));
    await fails("a duplicate key", bench.patience, () => table.insert(client, 1, value));
    recording.stop();
    const queries = recording.events.filter(({ channel }) => channel === "tracing:pool:query:start");
    keep(queries.length >= 3, `${queries.length} pool:query events for at least 3 statements`);
    keep(
      queries.some(({ shown }) => shown.includes(`insert into ${table.name}`)),
      "no pool:query event carries the statement's text",
    );
    for (const one of [label, inner]) {
      keep(
        queries.some(({ shown }) => shown.includes(one)),
        `no pool:query event carries the label "${one}"`,
      );
    }
    const telling = recording.events.find(({ shown }) => shown.includes(value));
    keep(telling === undefined, `the event ${telling?.channel ?? ""} holds a bound value`);
  }),
];
