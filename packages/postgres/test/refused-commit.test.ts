import { sharedPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgres } from "../src/index.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await sharedPostgres();
});
afterAll(async () => await server[Symbol.asyncDispose]());

const REFUSED = [
  "commit",
  " END",
  "/* c */ commit",
  "-- x\ncommit",
  "/* a /* nested */ */ -- b\n end work",
  "; commit",
  "commit; select 1",
  "commit and chain",
  "prepare transaction 'x'",
];
const TAKEN = [
  "rollback",
  "/* commit */ rollback",
  "-- commit\nabort",
  "rollback; select 'commit; commit'",
  "rollback; begin; commit",
  "rollback to savepoint s",
];

test("a COMMIT that the server answers with ROLLBACK is an error, wherever it stands in its text", async () => {
  await using connector = await postgres({ url: server.url, maxSize: 1 }).connect();
  const commit = async (text: string): Promise<string | null> =>
    await connector.client.session(async (session) => {
      await session.query("begin; savepoint s");
      await session.query("select 1 / 0").catch(() => undefined);
      return (await session.query(text)).command;
    });
  for (const text of REFUSED) {
    await expect(commit(text), text).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  }
  for (const text of TAKEN) await expect(commit(text), text).resolves.toEqual(expect.any(String));
});

const ENDING = [
  "commit and chain",
  "rollback and chain",
  "commit; begin",
  "abort; select 1; begin",
  "END /* to */; begin",
];
const STAYING = ["savepoint a; rollback to a", "rollback /* x */ work to savepoint s", "select 'commit; begin'"];

test("a statement that ends the transaction and begins another leaves no later one running outside of it", async () => {
  await using connector = await postgres({ url: server.url, maxSize: 1 }).connect();
  const { client } = connector;
  await client.query("create table kept (text text)");
  for (const text of ENDING) {
    const running = client.transaction(async (tx) => {
      await tx.query("savepoint s");
      await tx.query(text);
      await tx.query("insert into kept values ($1)", [text]);
    });
    await expect(running, text).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    // Nor is one that it had begun left open, or committed.
    const unseen = client.transaction(async (tx) => {
      await tx.query(text);
    });
    await expect(unseen, text).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
    const inSession = client.session(async (session) => {
      await session.begin();
      await session.query(text);
      await session.query("insert into kept values ($1)", [text]);
    });
    await expect(inSession, text).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
  }
  expect((await client.query("select * from kept")).rows).toEqual([]);
  for (const text of STAYING) {
    await client.transaction(async (tx) => {
      await tx.query("savepoint s");
      await tx.query(text);
      await tx.query("insert into kept values ($1)", [text]);
    });
  }
  expect((await client.query("select count(*)::int as n from kept")).rows).toEqual([{ n: STAYING.length }]);
  expect(client.pool.stats).toMatchObject({ leased: 0 });
});
