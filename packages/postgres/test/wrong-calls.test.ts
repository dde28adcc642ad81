import type { Connector } from "@pool/core";
import { argumentLists, methodsOf, type PostgresServer, sharedPostgres, strangeOf } from "@pool/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgres, type PostgresClient } from "../src/index.js";

let server: PostgresServer;
let connector: Connector<PostgresClient>;
beforeAll(async () => {
  server = await sharedPostgres();
  connector = await postgres({ url: server.url, maxSize: 2 }).connect();
});
afterAll(async () => {
  await connector.disconnect();
  await server[Symbol.asyncDispose]();
});

const CLIENT = ["query", "batch", "stream", "copyFrom", "copyTo", "session", "transaction", "sandbox"] as const;
const OPENING = ["openSession", "acquire", "use", "listen", "notify"] as const;
const QUERIES = ["query", "stream", "copyFrom", "copyTo", "transaction", "use"] as const;

test.each([...CLIENT, ...OPENING])(
  "%s refuses what it cannot take with an error of ours",
  { timeout: 60_000 },
  async (name) => {
    const [[, work] = ["", () => undefined]] = methodsOf(connector.client, [name]);
    for (const args of argumentLists()) expect(await strangeOf(work, args), JSON.stringify(args)).toBeUndefined();
    expect(connector.client.pool.stats).toMatchObject({ leased: 0, totals: { destroyed: 0 } });
  },
);

test("so do the methods of a session, of a transaction and of the shared connection", { timeout: 60_000 }, async () => {
  const { client } = connector;
  for (const args of argumentLists()) {
    for (const [name, work] of methodsOf(client.shared, ["query"]))
      expect(await strangeOf(work, args), name + JSON.stringify(args)).toBeUndefined();
  }
  await client.session(async (session) => {
    for (const args of argumentLists()) {
      for (const [name, work] of methodsOf(session, [...QUERIES, "withoutConnection"]))
        expect(await strangeOf(work, args), name + JSON.stringify(args)).toBeUndefined();
    }
  });
});
