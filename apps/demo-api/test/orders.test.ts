import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OrderWithItems } from "../src/dao/orders.js";
import { type Page } from "../src/dao/page.js";
import { type Product } from "../src/dao/products.js";
import { type Client, type ErrorBody } from "./support/client.js";
import { backends, type TestDatabase } from "./support/databases.js";
import { brokenLedgers } from "./support/ledger.js";
import { startTestService } from "./support/service.js";

describe.each(backends)("on $kind", (backend) => {
  let client: Client;
  let database: TestDatabase;
  beforeAll(async () => {
    database = await backend.create(afterAll);
    const running = await startTestService(database);
    client = running.client;
    afterAll(() => running.stop());
  });

  let added = 0;
  async function newProduct(stock: number, priceCents = 500): Promise<Product> {
    const product = { sku: `ORDERED-${added++}`, name: "Thing", category: "Things", priceCents, stock };
    return (await client.post<Product>("/products", product)).body;
  }

  async function available(product: Product): Promise<number> {
    return (await client.get<Product>(`/products/${product.id}`)).body.available;
  }

  function order(customerId: number, ...items: [product: Product, quantity: number][]) {
    return { customerId, items: items.map(([{ id }, quantity]) => ({ productId: id, quantity })) };
  }

  test("places an order at the prices of the moment and takes it from the stock", async () => {
    const [pen, ink] = [await newProduct(10, 250), await newProduct(5, 1_000)];
    const placed = await client.post<OrderWithItems>("/orders", order(3, [ink, 2], [pen, 1], [pen, 3]));
    expect(placed).toMatchObject({
      status: 201,
      body: { customerId: 3, status: "placed", totalCents: 3_000, cancelledAt: null },
    });
    expect(placed.body.items).toEqual([
      { productId: pen.id, quantity: 4, priceCents: 250 },
      { productId: ink.id, quantity: 2, priceCents: 1_000 },
    ]);
    expect([await available(pen), await available(ink)]).toEqual([6, 3]);

    await client.patch(`/products/${pen.id}`, { priceCents: 9_999 });
    expect((await client.get<OrderWithItems>(`/orders/${placed.body.id}`)).body).toEqual(placed.body);
    expect(await brokenLedgers(database)).toEqual([]);
  });

  test("adds up more cents than 32 bits hold", async () => {
    const yacht = await newProduct(1_000, 100_000_000);
    const { status, body } = await client.post<OrderWithItems>("/orders", order(2, [yacht, 1_000]));
    expect([status, body.totalCents]).toEqual([201, 100_000_000_000]);
    expect((await client.get<OrderWithItems>(`/orders/${body.id}`)).body).toEqual(body);
  });

  test("takes nothing when one of several products is out of stock", async () => {
    const [plenty, rare] = [await newProduct(10), await newProduct(1)];
    const reply = await client.post<ErrorBody>("/orders", order(1, [plenty, 2], [rare, 2]));
    expect(reply).toMatchObject({
      status: 409,
      body: { error: { code: "OUT_OF_STOCK", message: `product ${rare.id} has 1 left, and 2 were asked for` } },
    });
    expect([await available(plenty), await available(rare)]).toEqual([10, 1]);
  });

  test("takes nothing when a product or the customer is not there", async () => {
    const product = await newProduct(10);
    const missing = { ...product, id: 999_999 };
    expect(await client.post("/orders", order(1, [product, 1], [missing, 1]))).toMatchObject({
      status: 404,
      body: { error: { code: "NOT_FOUND", message: "there is no product 999999" } },
    });
    expect(await client.post("/orders", order(999_999, [product, 1]))).toMatchObject({
      status: 404,
      body: { error: { code: "NOT_FOUND", message: "there is no customer 999999" } },
    });
    expect(await available(product)).toBe(10);
  });

  test("sells 50 pieces to 200 callers at once exactly 50 times", async () => {
    const product = await newProduct(50);
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        client.post<OrderWithItems & ErrorBody>("/orders", order((n % 40) + 1, [product, 1])),
      ),
    );

    const placed = replies.filter(({ status }) => status === 201);
    const refused = replies.filter(({ status }) => status === 409);
    expect([placed.length, refused.length]).toEqual([50, 150]);
    expect(new Set(refused.map(({ body }) => body.error.code))).toEqual(new Set(["OUT_OF_STOCK"]));
    expect(new Set(placed.map(({ body }) => body.id)).size).toBe(50);
    expect(await available(product)).toBe(0);
    expect(await brokenLedgers(database)).toEqual([]);
  });

  test("keeps the ledger when orders, cancellations and deliveries of several products cross", async () => {
    const products = [await newProduct(30), await newProduct(30), await newProduct(30)];
    const place = async (n: number) => {
      const [one, other] = [products[n % 3]!, products[(n + 1) % 3]!];
      const { status, body } = await client.post<OrderWithItems>("/orders", order(1, [other, 1], [one, 2]));
      if (status === 201 && n % 2 === 0) await client.post(`/orders/${body.id}/cancel`);
      if (n % 10 === 0) await client.post(`/products/${one.id}/stock`, { received: 1 });
      return status;
    };
    const statuses = await Promise.all(Array.from({ length: 100 }, (_, n) => place(n)));
    expect(new Set(statuses)).toEqual(new Set([201, 409]));
    expect(await brokenLedgers(database)).toEqual([]);
  });

  test("cancels an order once and gives its stock back once, however many ask at the same time", async () => {
    const product = await newProduct(10);
    const { body: placed } = await client.post<OrderWithItems>("/orders", order(1, [product, 4]));
    expect(await available(product)).toBe(6);

    const replies = await Promise.all(
      Array.from({ length: 8 }, () => client.post<OrderWithItems & ErrorBody>(`/orders/${placed.id}/cancel`)),
    );
    const [cancelled, ...rest] = replies.sort((a, b) => a.status - b.status);
    expect(cancelled).toMatchObject({
      status: 200,
      body: { ...placed, status: "cancelled", cancelledAt: expect.any(String) as unknown },
    });
    for (const late of rest)
      expect(late).toMatchObject({ status: 409, body: { error: { code: "ALREADY_CANCELLED" } } });
    expect(await available(product)).toBe(10);
    expect(await client.post("/orders/999999/cancel")).toMatchObject({
      status: 404,
      body: { error: { code: "NOT_FOUND" } },
    });
    expect(await brokenLedgers(database)).toEqual([]);
  });

  test("lists orders newest first, of one customer and of one status", async () => {
    const product = await newProduct(5);
    const { body: newest } = await client.post<OrderWithItems>("/orders", order(7, [product, 1]));
    const { body: page } = await client.get<Page<OrderWithItems>>("/orders?customerId=7&status=placed&limit=5");
    expect(page.items[0]!.id).toBe(newest.id);
    expect(page.items.map(({ id }) => id)).toEqual(page.items.map(({ id }) => id).sort((a, b) => b - a));
    expect(new Set(page.items.map(({ customerId, status }) => `${customerId} ${status}`))).toEqual(
      new Set(["7 placed"]),
    );

    const { body: second } = await client.get<Page<OrderWithItems>>(
      `/orders?customerId=7&status=placed&limit=5&after=${page.next}`,
    );
    expect(second.items[0]!.id).toBeLessThan(page.items.at(-1)!.id);
  });

  test.each([
    ["no item", { customerId: 1, items: [] }, "body/items"],
    ["a quantity of 0", { customerId: 1, items: [{ productId: 1, quantity: 0 }] }, "body/items/0/quantity"],
    ["a quantity as text", { customerId: 1, items: [{ productId: 1, quantity: "2" }] }, "body/items/0/quantity"],
    [
      "too many items",
      { customerId: 1, items: Array.from({ length: 51 }, () => ({ productId: 1, quantity: 1 })) },
      "body/items",
    ],
    [
      "a price of the caller's own",
      { customerId: 1, items: [{ productId: 1, quantity: 1, priceCents: 1 }] },
      '"priceCents"',
    ],
  ])("refuses an order with %s", async (_what, body, named) => {
    const reply = await client.post<ErrorBody>("/orders", body);
    expect(reply).toMatchObject({ status: 400, body: { error: { code: "INVALID_REQUEST" } } });
    expect(reply.body.error.message).toContain(named);
  });
});
