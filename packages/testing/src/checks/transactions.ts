import { isPoolError, type IsolationLevel } from "@pool/core";
import { fails, keep, outcomeOf, works } from "../broken-promise.js";
import { checksOf } from "../check.js";
import { list, sqlBench } from "../sql-table.js";

const check = checksOf("sql", "sql");

export const transactions = [
  check("a transaction commits when its work resolves", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    const result = await client.transaction(async (tx) => {
      await table.insert(tx, 1, "one");
      keep(list(await table.ids(tx)) === "1", "the transaction does not see its own row");
      keep(list(await table.ids(client)) === "none", "another connection sees a row before the commit");
      return "done";
    });
    keep(result === "done", "it resolved with something else than its work");
    keep(list(await table.ids(client)) === "1", "its row is not there after the commit");
  }),

  check("a transaction rolls back when its work rejects, and rejects with the same error", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    const reason = new Error("changed my mind");
    const error = await fails("a transaction whose work rejects", bench.patience, () =>
      client.transaction(async (tx) => {
        await table.insert(tx, 1, "one");
        throw reason;
      }),
    );
    keep(error === reason, "it rejected with something else than its work's error");
    const ids = await table.ids(client);
    keep(ids.length === 0, `rows ${list(ids)} are there after the rollback`);
  }),

  check("a transaction whose statement is refused rolls back whole", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    await fails("a transaction with a refused statement", bench.patience, () =>
      client.transaction(async (tx) => {
        await table.insert(tx, 1, "one");
        await tx.query("select * from contract_no_such_table");
      }),
    );
    const ids = await table.ids(client);
    keep(ids.length === 0, `rows ${list(ids)} are there after the rollback`);
    await works("the next transaction", bench.patience, () => client.transaction((tx) => table.insert(tx, 2, "two")));
  }),

  check("a nested failure undoes the savepoint and nothing else", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    await client.transaction(async (tx) => {
      await table.insert(tx, 1, "outer");
      await fails("a nested transaction whose work rejects", bench.patience, () =>
        tx.transaction(async (inner) => {
          await table.insert(inner, 2, "inner");
          throw new Error("only the inner one");
        }),
      );
      await tx.transaction((inner) => table.insert(inner, 3, "another inner"));
    });
    const ids = await table.ids(client);
    keep(list(ids) === "1, 3", `rows ${list(ids)} are there where 1, 3 should be`);
  }),

  check("a transaction whose connection is lost rejects, and nothing of it is written", ["outage"], async (bench) => {
    const { client, table } = await sqlBench(bench);
    let bringBack: (() => Promise<void>) | undefined;
    await fails("a transaction whose connection is lost", bench.patience, () =>
      client.transaction(async (tx) => {
        await table.insert(tx, 1, "one");
        bringBack = await bench.outage();
        await table.insert(tx, 2, "two");
      }),
    );
    await bringBack?.();
    const ids = await works("a select when the backend is back", bench.patience * 2, () => table.ids(client));
    keep(ids.length === 0, `rows ${list(ids)} are there`);
  }),

  check("a transaction that has ended takes no statement", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    const ended = await client.transaction((tx) => Promise.resolve({ tx }));
    const error = await fails("a statement after the commit", bench.patience, () => table.insert(ended.tx, 1, "late"));
    keep(
      isPoolError(error, "TRANSACTION_ENDED"),
      `it rejected with something else than TRANSACTION_ENDED: ${String(error)}`,
    );
    keep((await table.ids(client)).length === 0, "the late statement has run");
  }),

  check("a read-only transaction writes nothing", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    await fails("a write in a read-only transaction", bench.patience, () =>
      client.transaction((tx) => table.insert(tx, 1, "one"), { readOnly: true }),
    );
    keep((await table.ids(client)).length === 0, "the row is there");
  }),

  check("every isolation level either holds or is refused with INVALID_ARGUMENT", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    const levels: readonly IsolationLevel[] = ["read uncommitted", "read committed", "repeatable read", "serializable"];
    for (const [id, isolation] of levels.entries()) {
      const outcome = await outcomeOf(isolation, bench.patience, () =>
        client.transaction((tx) => table.insert(tx, id, isolation), { isolation }),
      );
      const there = (await table.ids(client)).includes(id);
      if (outcome.status === "fulfilled")
        keep(there, `a transaction at ${isolation} resolved, and its row is not there`);
      else
        keep(
          isPoolError(outcome.reason, "INVALID_ARGUMENT"),
          `${isolation} rejected with something else: ${String(outcome.reason)}`,
        );
    }
  }),

  check("transactions that collide lose no update when they are retried", [], async (bench) => {
    const { client, table, nth } = await sqlBench(bench);
    await table.insert(client, 1, "0");
    const increment = (): Promise<unknown> =>
      client.transaction(
        async (tx) => {
          const seen = Number(await table.body(tx, 1));
          await tx.query(`update ${table.name} set body = ${nth(1)} where id = 1`, [String(seen + 1)]);
        },
        { isolation: "serializable", retries: 30 },
      );
    await works("6 increments at once", bench.patience * 2, () => Promise.all(Array.from({ length: 6 }, increment)));
    const sum = String(await table.body(client, 1));
    keep(sum === "6", `6 increments came to ${sum}`);
  }),
];
