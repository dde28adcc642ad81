import { sharedPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgres, type PostgresClient } from "../src/index.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await sharedPostgres();
});
afterAll(async () => await server[Symbol.asyncDispose]());

const SEEN = "select query, application_name as name from pg_stat_activity where pid = pg_backend_pid()";

async function seen(client: PostgresClient, label: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for await (const row of client.stream(SEEN, [], { label })) all.push(row);
  const chunks: Buffer[] = [];
  for await (const chunk of client.copyTo(`copy (${SEEN}) to stdout`, { label })) chunks.push(chunk);
  const [query, name] = Buffer.concat(chunks).toString().trimEnd().split("\t");
  await client.query("create table if not exists copied (query text)");
  await client.query(
    "create or replace function note() returns trigger language plpgsql as $$ begin new.query = (select query || ' as ' || application_name from pg_stat_activity where pid = pg_backend_pid()); return new; end $$",
  );
  await client.query("create or replace trigger note before insert on copied for each row execute function note()");
  await client.copyFrom("copy copied from stdin", ["x\n"], { label });
  return [...all, { query, name }, ...(await client.query("delete from copied returning query")).rows];
}

test("the labels of streams and COPY reach the server as those of statements do", async () => {
  await using commented = await postgres({ url: server.url, labels: "comment", maxSize: 1 }).connect();
  for (const { query } of await seen(commented.client, "report 7")) expect(query).toMatch(/^\/\* report 7 \*\/ /);
  await using named = await postgres({ url: server.url, labels: "applicationName", maxSize: 1 }).connect();
  const [streamed, copied, taken] = await seen(named.client, "report 8");
  expect([streamed?.name, copied?.name]).toEqual(["report 8", "report 8"]);
  expect(taken?.query).toBe("copy copied from stdin as report 8");
  expect((await named.client.query("show application_name")).rows).toEqual([{ application_name: "" }]);
});

test("so do those of sessions and transactions, where a statement has none of its own, and those of client.shared", async () => {
  const select = async (from: Pick<PostgresClient, "query">, label?: string): Promise<unknown> =>
    (await from.query<{ query: string }>(SEEN, [], label === undefined ? {} : { label })).rows[0]?.query;
  await using commented = await postgres({ url: server.url, labels: "comment", maxSize: 1 }).connect();
  await commented.client.session(
    async (session) => {
      expect(await select(session)).toBe(`/* nightly */ ${SEEN}`);
      expect(await select(session, "own")).toBe(`/* own */ ${SEEN}`);
      for await (const { query } of session.stream(SEEN)) expect(query).toBe(`/* nightly */ ${SEEN}`);
      await session.transaction(async (tx) => expect(await select(tx)).toBe(`/* inner */ ${SEEN}`), { label: "inner" });
      await session.transaction(async (tx) => expect(await select(tx)).toBe(`/* nightly */ ${SEEN}`));
    },
    { label: "nightly" },
  );
  expect(await select(commented.client)).toBe(SEEN);
  const { rows } = await commented.client.shared.query<{ query: string }>(SEEN, [], { label: "shared */ 1" });
  expect(rows[0]?.query).toBe(`/* shared #/ 1 */ ${SEEN}`);

  await using named = await postgres({ url: server.url, labels: "applicationName", maxSize: 1 }).connect();
  const name = "select current_setting('application_name') as name";
  await named.client.transaction(
    async (tx) => {
      expect((await tx.query(name)).rows).toEqual([{ name: "transfer" }]);
    },
    { label: "transfer" },
  );
  expect((await named.client.query(name)).rows).toEqual([{ name: "" }]);
});
