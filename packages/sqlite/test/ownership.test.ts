import { createRegistry } from "@pool/core";
import { expect, test } from "vitest";
import { sqlite } from "../src/index.js";
import { temporaryFolder } from "./support.js";

/** Too long to be prepared in this thread, so that a reader finds out whether it writes. */
const LONG = `/* ${"x".repeat(17_000)} */`;

async function open(file: string) {
  const connector = sqlite({ file, acquireTimeout: 2_000, drainTimeout: 200 });
  const { client } = await connector.connect();
  await client.query("create table if not exists t (n integer)");
  return { connector, client };
}

test("a long write that meets somebody else's transaction waits for it, whoever asked first in the tick", async () => {
  const { connector, client } = await open(`${temporaryFolder()}/long.db`);
  const go = Promise.withResolvers<undefined>();
  const outside = (async () => {
    await go.promise;
    return await client.query(`insert into t values (1) ${LONG}`);
  })();
  await client.transaction(async (tx) => {
    const read = client.query(`select 1 ${LONG}`); // sends the lane on its way from inside this transaction
    go.resolve(undefined);
    await read;
    await tx.query("insert into t values (2)");
  });
  await expect(outside).resolves.toMatchObject({ rowCount: 1 });
  await connector.disconnect();
});

test("a long write inside a transaction is refused at once, whoever asked first in the tick", async () => {
  const { connector, client } = await open(`${temporaryFolder()}/own.db`);
  const work = client.transaction(async () => {
    await client.query(`insert into t values (1) ${LONG}`);
  });
  await expect(work).rejects.toMatchObject({ code: "SELF_DEADLOCK" });
  await expect(client.transaction(() => client.database())).rejects.toMatchObject({ code: "SELF_DEADLOCK" });
  await connector.disconnect();
});

test("a task's connectors are shared only where every option is the same", async () => {
  const file = `${temporaryFolder()}/shared.db`;
  await using registry = createRegistry();
  const scope = registry.scope("task");
  const plain = await scope.connect(sqlite({ file }));
  expect((await scope.connect(sqlite({ file, name: "another name" }))).client).toBe(plain.client);
  const big = await scope.connect(sqlite({ file, integers: "bigint" }));
  expect((await big.client.query("select 1 as one")).rows).toEqual([{ one: 1n }]);
  expect((await plain.client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  expect(sqlite({ file, pragmas: { foreign_keys: false } }).key).not.toBe(sqlite({ file }).key);
});

test("a synchronous database ends with its lease: after disconnect it is closed, after reclaim it begins nothing", async () => {
  const { connector, client } = await open(`${temporaryFolder()}/leased.db`);
  const taken = await client.database();
  expect(client.pool.reclaim(client.pool.holders()[0]?.leaseId ?? 0)).toBe(true);
  expect(() => taken.exec("insert into t values (1)")).toThrow(/lease .* has ended/);
  taken.close();
  const kept = await client.database();
  kept.exec("insert into t values (2)");
  await connector.disconnect();
  expect(kept.open).toBe(false);
});

test("a backup does not take the name of a log", async () => {
  const file = `${temporaryFolder()}/live.db`;
  const { connector, client } = await open(file);
  await client.query("insert into t values (1)");
  for (const suffix of ["-wal", "-shm", "-journal"]) {
    await expect(client.backup(`${file}${suffix}`)).rejects.toMatchObject({ code: "BACKUP_FAILED" });
  }
  expect((await client.query("select n from t")).rows).toEqual([{ n: 1 }]);
  await connector.disconnect();
});
