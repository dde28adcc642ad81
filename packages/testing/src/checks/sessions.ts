import { isPoolError } from "@pool/core";
import { eventually, fails, keep, works } from "../broken-promise.js";
import { checksOf } from "../check.js";
import { list, sqlBench } from "../sql-table.js";

const check = checksOf("sql", "sql");

export const sessions = [
  check("a session holds one connection, and gives it back at its end", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    await client.session(async (session) => {
      await table.insert(session, 1, "one");
      await table.insert(session, 2, "two");
      keep(client.pool.stats.leased === 1, `${client.pool.stats.leased} connections are lent within one session`);
    });
    await eventually(
      bench.patience,
      () => client.pool.stats.leased === 0,
      () => `${client.pool.stats.leased} connections are lent`,
    );
    await fails("a session whose work rejects", bench.patience, () =>
      client.session(() => Promise.reject(new Error("no"))),
    );
    await eventually(
      bench.patience,
      () => client.pool.stats.leased === 0,
      () => `${client.pool.stats.leased} connections are lent`,
    );
  }),

  check("an opened session commits and rolls back by hand, and rolls back what is left open", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    {
      await using session = await client.openSession();
      await session.begin();
      keep(session.inTransaction, "inTransaction is false after begin");
      await table.insert(session, 1, "kept");
      await session.commit();
      await session.begin();
      await table.insert(session, 2, "rolled back");
      await session.rollback();
      keep(!session.inTransaction, "inTransaction is true after rollback");
      await session.begin();
      await table.insert(session, 3, "left open");
    }
    await eventually(
      bench.patience,
      () => client.pool.stats.leased === 0,
      () => `${client.pool.stats.leased} connections are lent`,
    );
    const ids = await works("select after the session", bench.patience, () => table.ids(client));
    keep(list(ids) === "1", `rows ${list(ids)} are there where only 1 should be`);
  }),

  check("withoutConnection holds no connection while its work runs", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    await client.session(async (session) => {
      await table.insert(session, 1, "before");
      const result = await session.withoutConnection(async () => {
        await eventually(
          bench.patience,
          () => client.pool.stats.leased === 0,
          () => `${client.pool.stats.leased} connections are lent`,
        );
        return "work";
      });
      keep(result === "work", "it resolved with something else than its work");
      await table.insert(session, 2, "after");
    });
    const ids = await table.ids(client);
    keep(list(ids) === "1, 2", `rows ${list(ids)} are there where 1, 2 should be`);
  }),

  check("withoutConnection is refused inside a transaction with TRANSACTION_OPEN", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    await client.session(async (session) => {
      await session.begin();
      await table.insert(session, 1, "one");
      let ran = false;
      const error = await fails("withoutConnection in a transaction", bench.patience, () =>
        session.withoutConnection(() => {
          ran = true;
        }),
      );
      keep(
        isPoolError(error, "TRANSACTION_OPEN"),
        `it rejected with something else than TRANSACTION_OPEN: ${String(error)}`,
      );
      keep(!ran, "the work has run");
      await session.rollback();
    });
  }),

  check("healthCheck does not wait behind borrowers", [], async (bench) => {
    const connector = await bench.connected();
    // The adapter says by `sql` that its client is one.
    const { pool } = connector.client as Awaited<ReturnType<typeof bench.sqlClient>>;
    const leases = await works("every lease of the pool", bench.patience, () =>
      Promise.all(Array.from({ length: pool.stats.maxSize }, () => pool.acquire())),
    );
    bench.defer(() => leases.forEach((lease) => lease.release()));
    const found = await works("healthCheck of a busy pool", bench.patience, () =>
      connector.healthCheck({ timeout: bench.patience / 2 }),
    );
    keep(found.healthy, "a pool whose connections are all lent is called unhealthy");
  }),

  check("a batch runs all of its statements or none", [], async (bench) => {
    const { client, table, nth } = await sqlBench(bench);
    const text = `insert into ${table.name} (id, body) values (${nth(1)}, ${nth(2)})`;
    const results = await client.batch([{ text, values: [1, "one"] }, { text: `select id from ${table.name}` }]);
    keep(
      results.length === 2 && results[1]?.rowCount === 1,
      "its results are not those of its statements, in their order",
    );
    await fails("a batch with a duplicate key", bench.patience, () =>
      client.batch([
        { text, values: [2, "two"] },
        { text, values: [1, "again"] },
      ]),
    );
    const ids = await table.ids(client);
    keep(list(ids) === "1", `rows ${list(ids)} are there where only 1 should be`);
  }),

  check("a sandbox resolves with its result and leaves nothing behind", [], async (bench) => {
    const { client, table } = await sqlBench(bench);
    const seen = await client.sandbox(async (tx) => {
      await table.insert(tx, 1, "one");
      return table.ids(tx);
    });
    keep(list(seen) === "1", "it resolved with something else than its work");
    keep((await table.ids(client)).length === 0, "its row is there afterwards");
  }),
];
