import { rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { faultProxy, type FaultProxy } from "@pool/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../src/database.js";
import { buildServer } from "../src/server.js";
import { Shutdown } from "../src/shutdown.js";
import { type Client, type ErrorBody } from "./support/client.js";
import { backends, fileIn, postgres, sqlite } from "./support/databases.js";
import { eventually, serviceForTest, startTestService, testConfig } from "./support/service.js";

const READY = "/health/ready";
const LIVE = "/health/live";

async function overwrite(...files: string[]): Promise<void> {
  for (const file of files) await writeFile(file, "garbage ".repeat(10_000));
}

describe.each(backends)("on $kind", (backend) => {
  test("is live and ready once it listens", async () => {
    const { client } = await serviceForTest(backend);
    expect(await client.get(LIVE)).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await client.get(READY)).toMatchObject({
      status: 200,
      body: { status: "ready", checks: { db: { healthy: true, latencyMs: expect.any(Number) as unknown } } },
    });
  });

  test("is live but not ready when its database is closed, and answers 503 to everything else", async () => {
    const config = testConfig(await backend.create());
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

  test("answers 503 to a write while somebody else holds its lock, and reads on; then writes again", async () => {
    const { client, database } = await serviceForTest(backend);
    const unlock = await database.lockCustomer();
    const write = client.patch("/customers/1", { city: "Elsewhere" });
    expect((await client.get("/customers/1")).status).toBe(200);
    expect((await client.get(READY)).status).toBe(200);
    const refused = await write;
    expect(refused).toMatchObject({ status: 503, body: { error: { code: expect.any(String) as unknown } } });
    expect(refused.headers.get("retry-after")).toBe("1");

    await unlock();
    expect(await client.patch("/customers/1", { city: "Elsewhere" })).toMatchObject({
      status: 200,
      body: { city: "Elsewhere" },
    });
  });
});

async function expectUnready(client: Client): Promise<void> {
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
  expect(JSON.stringify([reply.body, orders.body])).not.toMatch(/sqlite|postgres|select|garbage|demo-api-|127\.0/i);
}

test.each<[string, (file: string) => Promise<void>]>([
  ["gone with its folder", (file) => rm(dirname(file), { recursive: true })],
  ["overwritten", (file) => overwrite(file, `${file}-wal`)],
])(
  "is live but not ready when the database's file is %s, and tells callers nothing of the inside",
  async (_what, harm) => {
    const { client, database } = await serviceForTest(sqlite);
    await harm(fileIn(database.env.DATA_DIR!));
    await expectUnready(client);
  },
);

test.each<[string, (proxy: FaultProxy) => unknown]>([
  [
    "refuses connections",
    async (proxy) => {
      await proxy.refuse();
      proxy.reset();
    },
  ],
  ["is silent", (proxy) => proxy.blackHole()],
])(
  "is live but not ready when the database's server %s, tells callers nothing of the inside, and is ready again after it",
  async (_what, harm) => {
    const database = await postgres.create();
    const { hostname: host, port } = new URL(database.env.DATABASE_URL!);
    const proxy = await faultProxy({ target: { host, port: Number(port) } });
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const service = {
      env: {
        DATABASE_URL: proxy.url(database.env.DATABASE_URL!),
        POOL_DB__QUERY_TIMEOUT: "1s",
        POOL_DB__ACQUIRE_TIMEOUT: "2s",
      },
    };
    const running = await startTestService(service);
    onTestFinished(async () => {
      await running.stop();
    });
    await harm(proxy);
    await expectUnready(running.client);

    await proxy.heal();
    await eventually("readiness", async () => ((await running.client.get(READY)).status === 200 ? true : undefined));
    expect(await running.client.get("/customers/1")).toMatchObject({ status: 200 });
  },
);
