import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../src/database.js";
import { buildServer } from "../src/server.js";
import { Shutdown } from "../src/shutdown.js";
import { type Client } from "./support/client.js";
import { backends } from "./support/databases.js";
import { eventually, serviceForTest, testConfig } from "./support/service.js";

interface Shown {
  connectors: {
    name: string;
    kind: string;
    state: string;
    config: Record<string, unknown>;
    pools: {
      name: string;
      stats: Record<string, unknown> & { size: number; leased: number; idle: number; waiting: number; maxSize: number };
      holders: Record<string, unknown>[];
    }[];
  }[];
}

async function pools(client: Client): Promise<Shown["connectors"][number]["pools"]> {
  const { status, body } = await client.get<Shown>("/pools");
  expect(status).toBe(200);
  return body.connectors[0]!.pools;
}

describe.each(backends)("on $kind", (backend) => {
  test("shows every connector with its pools, their counts and nobody holding anything when nothing is asked", async () => {
    const { client } = await serviceForTest(backend);
    const { body } = await client.get<Shown>("/pools");
    expect(body.connectors.map(({ name, kind, state }) => ({ name, kind, state }))).toEqual([
      { name: "db", kind: backend.kind, state: "ready" },
    ]);
    expect(body.connectors[0]!.pools.length).toBeGreaterThanOrEqual(backend.kind === "sqlite" ? 2 : 1);
    for (const { stats, holders } of body.connectors[0]!.pools) {
      expect(holders).toEqual([]);
      expect(stats).toMatchObject({ state: "open", leased: 0, waiting: 0, failures: 0 });
      expect(stats.size).toBeLessThanOrEqual(stats.maxSize);
    }
  });

  test("names who holds a connection, since when, and the statement without its literals", async () => {
    const { client } = await serviceForTest(backend, {
      DATA_PRODUCTS: "4",
      DATA_CUSTOMERS: "3000",
      DATA_ORDERS: "12000",
    });
    const hangUp = new AbortController();
    const report = client.get("/reports/similar-customers?limit=17", { signal: hangUp.signal }).catch(() => undefined);
    const holder = await eventually("a holder", async () =>
      (await pools(client)).flatMap(({ holders }) => holders).find(({ busyMs }) => Number(busyMs) > 0),
    );
    hangUp.abort();
    await report;

    expect(holder).toMatchObject({
      label: "report: similar customers",
      leaseId: expect.any(Number) as unknown,
      heldMs: expect.any(Number) as unknown,
    });
    expect(holder.lastStatement).toMatch(/select .*"order_items"/);
    // The status is bound, or masked where a database wants it in the text.
    expect(holder.lastStatement).not.toMatch(/placed|17/);
    await eventually("the return of every connection", async () =>
      (await pools(client)).every(({ stats }) => stats.leased === 0) ? true : undefined,
    );
  });

  test("counts what was borrowed", async () => {
    const { client } = await serviceForTest(backend);
    const acquired = async () =>
      (await pools(client)).reduce((sum, { stats }) => sum + (stats.totals as { acquired: number }).acquired, 0);
    const before = await acquired();
    for (let n = 0; n < 5; n++) await client.post("/orders", { customerId: 1, items: [{ productId: 1, quantity: 1 }] });
    expect((await acquired()) - before).toBeGreaterThanOrEqual(5);
  });

  test("shows no literal, no value, no stack and no cause", async () => {
    const config = testConfig(await backend.create());
    const database = await openDatabase(config);
    const app = await buildServer(config, database, new Shutdown());
    onTestFinished(() => database.close(0));
    onTestFinished(() => app.close());
    const [writer] = database.poolsOf("db");
    using lease = await writer!.acquire({ label: "somebody" });
    await lease.track("update customers set email = 'ada@example.org' where id = 4711", async () => {});

    const { body } = await app.inject("/pools");
    expect(body).toContain("update customers set email = ? where id = ?");
    expect(body).not.toMatch(/ada@|4711|acquiredAt|cause/);
  });
});
