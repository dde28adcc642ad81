import { connect } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { describe, expect, test } from "vitest";
import { type SimilarCustomers } from "../src/dao/reports.js";
import { type Client } from "./support/client.js";
import { backends } from "./support/databases.js";
import { eventually, serviceForTest } from "./support/service.js";

// Few products and many customers: each product was bought by nearly everybody, so the report joins millions of pairs.
const SLOW = { DATA_PRODUCTS: "4", DATA_CUSTOMERS: "1200", DATA_ORDERS: "5000" };
const ENDLESS = { DATA_PRODUCTS: "4", DATA_CUSTOMERS: "6000", DATA_ORDERS: "25000", REPORT_TIMEOUT: "10m" };
const PATH = "/reports/similar-customers";

async function reportRuns(client: Client): Promise<true | undefined> {
  return JSON.stringify((await client.get("/pools")).body).includes("report: similar customers") || undefined;
}

async function reportIsGone(client: Client): Promise<true | undefined> {
  return (await reportRuns(client)) === true ? undefined : true;
}

describe.each(backends)("on $kind", (backend) => {
  test("counts the products that two customers have in common", async () => {
    const { client, database } = await serviceForTest(backend);
    const { status, body } = await client.get<{ pairs: SimilarCustomers[] }>(`${PATH}?limit=5`);
    expect(status).toBe(200);
    expect(body.pairs).toHaveLength(5);
    const [first] = body.pairs;
    const products = async (id: number) =>
      new Set(
        (
          await database.read<{ id: number }>(
            `select product_id as id from order_items join orders on orders.id = order_id where status = 'placed' and customer_id = ${id}`,
          )
        ).map((row) => row.id),
      );
    const other = await products(first!.otherId);
    expect(first!.products).toBe([...(await products(first!.customerId))].filter((id) => other.has(id)).length);
  });

  test("stops the report in the database when its caller hangs up", async () => {
    const { client } = await serviceForTest(backend, ENDLESS);
    const { hostname, port } = new URL(client.address);
    const caller = connect(Number(port), hostname);
    caller.write(`GET ${PATH} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
    await eventually("the report's start", () => reportRuns(client));
    caller.destroy();
    await eventually("the report's end", () => reportIsGone(client), 5_000);
    expect((await client.get("/customers/1")).status).toBe(200);
  });

  test("stops a report that takes too long, and says so", async () => {
    const { client } = await serviceForTest(backend, { ...ENDLESS, REPORT_TIMEOUT: "2s" });
    expect(await client.get(PATH)).toMatchObject({ status: 504, body: { error: { code: "QUERY_TIMEOUT" } } });
    await eventually("the report's end", () => reportIsGone(client), 5_000);
  });

  test("stays quick for everybody else while a report runs", async () => {
    const { client } = await serviceForTest(backend, SLOW);
    const progress = { running: true };
    const report = client.get(PATH).finally(() => (progress.running = false));
    await eventually("the report's start", () => reportRuns(client));

    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const order = { customerId: 1, items: [{ productId: 1, quantity: 1 }] };
    let rounds = 0;
    for (; progress.running && rounds < 50; rounds++) {
      const [list, one, placed] = await Promise.all([
        client.get("/products?limit=20"),
        client.get("/customers/7"),
        client.post("/orders", order),
      ]);
      for (const reply of [list, one]) expect(reply).toMatchObject({ status: 200 });
      expect([201, 409]).toContain(placed.status);
    }
    delay.disable();
    // On the loop, the report would be one pause from its start to its end, and no round would come through meanwhile.
    expect(delay.max / 1e6).toBeLessThan(1_000);
    expect(rounds).toBeGreaterThan(5);
    expect((await report).status).toBe(200);
  });
});
