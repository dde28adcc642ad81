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
