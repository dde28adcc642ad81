import { rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../src/database.js";
import { buildServer } from "../src/server.js";
import { Shutdown } from "../src/shutdown.js";
import { type ErrorBody } from "./support/client.js";
import { fileIn } from "./support/ledger.js";
import { eventually, serviceForTest, temporaryFolder, testConfig } from "./support/service.js";

const READY = "/health/ready";
const LIVE = "/health/live";

async function overwrite(...files: string[]): Promise<void> {
  for (const file of files) await writeFile(file, "garbage ".repeat(10_000));
}

test("is live and ready once it listens", async () => {
  const { client } = await serviceForTest();
  expect(await client.get(LIVE)).toMatchObject({ status: 200, body: { status: "ok" } });
  expect(await client.get(READY)).toMatchObject({
    status: 200,
    body: { status: "ready", checks: { db: { healthy: true, latencyMs: expect.any(Number) as unknown } } },
  });
});

test.each<[string, (file: string) => Promise<void>]>([
  ["gone with its folder", (file) => rm(dirname(file), { recursive: true })],
  ["overwritten", (file) => overwrite(file, `${file}-wal`)],
])(
  "is live but not ready when the database's file is %s, and tells callers nothing of the inside",
  async (_what, harm) => {
    const { client, dataDir } = await serviceForTest();
    await harm(fileIn(dataDir));

    const reply = await eventually("unreadiness", async () => {
      const found = await client.get(READY);
      return found.status === 503 ? found : undefined;
    });
    expect(reply.body).toMatchObject({
      error: { code: "NOT_READY", message: "not ready: db" },
      checks: { db: { healthy: false } },
    });
    expect(reply.headers.get("retry-after")).toBe("5");
    expect(await client.get(LIVE)).toMatchObject({ status: 200 });
    const orders = await client.get<ErrorBody>("/orders");
    expect(orders.status).toBeGreaterThanOrEqual(500);
    expect(Object.keys(orders.body)).toEqual(["error"]);
    expect(JSON.stringify([reply.body, orders.body])).not.toMatch(/sqlite|select|garbage|demo-api-/i);
  },
);

test("is live but not ready when its database is closed, and answers 503 to everything else", async () => {
  const config = testConfig(await temporaryFolder());
  const database = await openDatabase(config);
  const app = await buildServer(config, database, new Shutdown());
  onTestFinished(() => app.close());
  expect((await app.inject(READY)).statusCode).toBe(200);

  await database.close();
  expect((await app.inject(LIVE)).statusCode).toBe(200);
  expect((await app.inject(READY)).statusCode).toBe(503);
  const refused = await app.inject("/customers/1");
  expect(refused.statusCode).toBe(503);
  expect(refused.headers["retry-after"]).toBeDefined();
});

test("answers 503 to a write while somebody else holds the database's lock, and reads on; then writes again", async () => {
  const { client, dataDir } = await serviceForTest();
  const other = new Database(fileIn(dataDir));
  onTestFinished(() => void other.close());
  other.exec("begin immediate");
  const write = client.patch("/customers/1", { city: "Elsewhere" });
  expect((await client.get("/customers/1")).status).toBe(200);
  expect((await client.get(READY)).status).toBe(200);
  const refused = await write;
  expect(refused).toMatchObject({ status: 503, body: { error: { code: expect.any(String) as unknown } } });
  expect(refused.headers.get("retry-after")).toBe("1");

  other.exec("rollback");
  expect(await client.patch("/customers/1", { city: "Elsewhere" })).toMatchObject({
    status: 200,
    body: { city: "Elsewhere" },
  });
});
