import { randomInt } from "node:crypto";
import { isPoolError, traced, type SqlClient } from "@pool/core";
import { eventually, fails, keep, outcomeOf, works } from "../broken-promise.js";
import type { Bench } from "../bench.js";
import { checksOf } from "../check.js";
import { sqlBench } from "../sql-table.js";

const check = checksOf("sql", "sql");

/** Statements that end before they are done. */
export const cancelling = [
  check("a statement whose signal is aborted rejects with its reason in time", [], async (bench) => {
    const { client } = await sqlBench(bench);
    const controller = new AbortController();
    const reason = new Error("the user has closed the page");
    const running = fails("an aborted statement", bench.patience, () =>
      client.query(bench.sql.slow, [], { signal: controller.signal }),
    );
    setTimeout(() => controller.abort(reason), 50);
    const error = await running;
    keep(error === reason, `it rejected with something else than its signal's reason: ${String(error)}`);
    await answersAreRight(bench, client);
  }),

  check("a statement whose signal is aborted already is never sent", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    const reason = new Error("too late");
    const error = await fails("a statement under an aborted signal", bench.patience, () =>
      table.insert(client, 1, "one", { signal: AbortSignal.abort(reason) }),
    );
    keep(error === reason, "it rejected with something else than its signal's reason");
    keep((await table.ids(client)).length === 0, "the statement has run");
  }),

  check("a statement that takes longer than its timeout rejects with QUERY_TIMEOUT", [], async (bench) => {
    const { client } = await sqlBench(bench);
    const error = await fails("a statement with a timeout of 50 ms", bench.patience, () =>
      client.query(bench.sql.slow, [], { timeout: 50 }),
    );
    keep(isPoolError(error, "QUERY_TIMEOUT"), `it rejected with something else than QUERY_TIMEOUT: ${String(error)}`);
    await answersAreRight(bench, client);
  }),

  check("a cancelled statement leaves no connection lent and cancels no other one", [], async (bench) => {
    const { client } = await sqlBench(bench);
    for (let round = 0; round < 4; round++) {
      const controller = new AbortController();
      const statement = `select ${randomInt(1e9)} as n`;
      // Aborted right after it was sent, it is over at about the same time, so that the cancel may come too late for it.
      const stopListening = whenSent(statement, () =>
        round % 2 === 0 ? controller.abort() : setImmediate(() => controller.abort()),
      );
      await outcomeOf("an aborted statement", bench.patience, () =>
        client.query(statement, [], { signal: controller.signal }),
      ).finally(stopListening);
      await answersAreRight(bench, client);
    }
    await eventually(
      bench.patience,
      () => client.pool.stats.leased === 0,
      () => `${client.pool.stats.leased} connections are lent`,
    );
  }),

  check("a transaction whose signal is aborted rolls back and rejects with its reason", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    const controller = new AbortController();
    const reason = new Error("the server shuts down");
    const error = await fails("an aborted transaction", bench.patience, () =>
      client.transaction(
        async (tx) => {
          await table.insert(tx, 1, "one");
          controller.abort(reason);
          await table.insert(tx, 2, "two");
        },
        { signal: controller.signal },
      ),
    );
    keep(error === reason, `it rejected with something else than its signal's reason: ${String(error)}`);
    keep((await table.ids(client)).length === 0, "its rows are there");
  }),
];

/** Calls `then` when the statement has been sent, in the same turn. Returns what stops that. */
function whenSent(statement: string, then: () => unknown): () => void {
  const { start } = traced("pool:query");
  const onStart = (event: unknown): void => {
    if ((event as { statement: string }).statement === statement) queueMicrotask(then);
  };
  start.subscribe(onStart);
  return () => start.unsubscribe(onStart);
}

// A cancel takes its own way to the backend; this long it may be under way.
const CANCELS_LINGER_MS = 25;

/** A cancel that comes late hits the next statement: one after the other is run until none can be under way. */
async function answersAreRight(bench: Bench, client: SqlClient): Promise<void> {
  const until = performance.now() + CANCELS_LINGER_MS;
  for (let turn = 0; turn < 8 || performance.now() < until; turn++) {
    const { rows } = await works("a statement after a cancelled one", bench.patience, () =>
      client.query<{ n: unknown }>(`select ${turn} as n`),
    );
    keep(Number(rows[0]?.n) === turn, `select ${turn} resolved with ${String(rows[0]?.n)}`);
  }
}
