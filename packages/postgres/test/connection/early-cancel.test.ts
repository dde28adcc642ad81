import { type PostgresServer } from "@pool/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PostgresConnection } from "../../src/connection/connection.js";
import { database, dial, OPTIONS } from "./support.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await database();
});
afterAll(async () => await server[Symbol.asyncDispose]());

it("a cancel that overtakes its statement, and so has no effect, is sent again", async () => {
  const dialled = await dial(server.url);
  let requests = 0;
  const cancel = async (signal: AbortSignal): Promise<void> => {
    // The server closes the socket of a request as soon as it has read it, whether there was something to cancel or not.
    if (requests++ > 0) await dialled.cancel(signal);
  };
  const connection = new PostgresConnection({ ...dialled, cancel }, OPTIONS);
  const signal = AbortSignal.timeout(30);
  await expect(connection.run({ text: "select pg_sleep(60)" }, signal)).rejects.toSatisfy((e) => e === signal.reason);
  expect(requests).toBe(2);
  expect((await connection.run({ text: "select 7 as n" })).rows).toEqual([{ n: 7 }]);
  const running = connection.run({ text: "select pg_sleep(60)" });
  requests = 0;
  connection.cancel(new Error("enough"));
  await expect(running).rejects.toMatchObject({ code: "57014" });
  expect(requests).toBe(2);
  await connection.close(true);
});
