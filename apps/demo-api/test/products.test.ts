import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Page } from "../src/dao/page.js";
import { type Product } from "../src/dao/products.js";
import { type Client, type ErrorBody } from "./support/client.js";
import { backends } from "./support/databases.js";
import { startTestService } from "./support/service.js";

describe.each(backends)("on $kind", (backend) => {
  let client: Client;
  beforeAll(async () => {
    const running = await startTestService(await backend.create(afterAll));
    client = running.client;
    afterAll(() => running.stop());
  });

  const lamp = { sku: "LAMP-1", name: "Desk lamp", category: "Lighting", priceCents: 4_999, stock: 12 };

  async function all(query: string): Promise<Product[]> {
    const products: Product[] = [];
    let after = "";
    do {
      const { body } = await client.get<Page<Product>>(`/products?limit=9&${query}${after}`);
      products.push(...body.items);
      after = body.next === null ? "" : `&after=${body.next}`;
    } while (after !== "");
    return products;
  }

  test("adds, reads, changes and removes a product with its stock", async () => {
    const added = await client.post<Product>("/products", lamp);
    const { stock, ...fields } = lamp;
    expect(added).toMatchObject({ status: 201, body: { ...fields, available: stock } });

    const path = `/products/${added.body.id}`;
    expect(added.headers.get("location")).toBe(path);
    expect((await client.patch<Product>(path, { priceCents: 3_999 })).body).toEqual({
      ...added.body,
      priceCents: 3_999,
    });
    expect((await client.post<Product>(`${path}/stock`, { received: 8 })).body.available).toBe(20);
    expect((await client.get<Product>(path)).body).toEqual({ ...added.body, priceCents: 3_999, available: 20 });

    expect((await client.delete(path)).status).toBe(204);
    for (const gone of [
      client.get(path),
      client.patch(path, { name: "x" }),
      client.delete(path),
      client.post(`${path}/stock`, { received: 1 }),
    ]) {
      expect(await gone).toMatchObject({ status: 404, body: { error: { code: "NOT_FOUND" } } });
    }
  });

  test("keeps a product that was ordered", async () => {
    expect(await client.delete("/products/1")).toMatchObject({
      status: 409,
      body: { error: { code: "STILL_REFERENCED" } },
    });
    expect((await client.get("/products/1")).status).toBe(200);
  });

  test("refuses a SKU that is taken and leaves no half of the product behind", async () => {
    const before = await all("");
    expect(await client.post("/products", { ...lamp, sku: "SKU-000001" })).toMatchObject({
      status: 409,
      body: { error: { code: "ALREADY_EXISTS" } },
    });
    expect(await all("")).toEqual(before);
  });

  test("lists every product once by price, equal prices by id", async () => {
    const same = Array.from({ length: 25 }, (_, n) => ({ ...lamp, sku: `SAME-${n}`, priceCents: 1_000 }));
    await client.post("/products/import", { products: same });
    const byPrice = await all("sort=price");
    expect(byPrice.map(({ id }) => id)).toEqual(
      (await all("sort=id")).sort((a, b) => a.priceCents - b.priceCents || a.id - b.id).map(({ id }) => id),
    );
    expect(byPrice.filter(({ priceCents }) => priceCents === 1_000)).toHaveLength(25);
  });

  test("lists one category", async () => {
    const { category } = (await client.get<Product>("/products/3")).body;
    const found = await all(`category=${encodeURIComponent(category)}`);
    expect(found.map(({ id }) => id)).toContain(3);
    expect(new Set(found.map((product) => product.category))).toEqual(new Set([category]));
  });

  test("does not take the cursor of a list that is sorted another way", async () => {
    const { body } = await client.get<Page<Product>>("/products?limit=1&sort=price");
    const reply = await client.get<ErrorBody>(`/products?limit=1&after=${body.next}`);
    expect(reply).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_CURSOR", message: "this cursor is not of a list sorted by id" } },
    });
  });

  test("imports up to 1000 products at once, and gives their ids in order", async () => {
    const products = Array.from({ length: 1_000 }, (_, n) => ({ ...lamp, sku: `BULK-${n}`, stock: n }));
    const reply = await client.post<{ imported: number; ids: number[] }>("/products/import", { products });
    expect(reply).toMatchObject({ status: 201, body: { imported: 1_000 } });
    for (const n of [0, 499, 500, 999]) {
      expect((await client.get<Product>(`/products/${reply.body.ids[n]}`)).body).toMatchObject({
        sku: `BULK-${n}`,
        available: n,
      });
    }
  });

  test("imports nothing when one SKU is taken, even in the last part of the list", async () => {
    const before = await all("");
    const products = Array.from({ length: 700 }, (_, n) => ({ ...lamp, sku: `PART-${n}` }));
    products[699] = { ...lamp, sku: "SKU-000002" };
    const reply = await client.post<ErrorBody>("/products/import", { products });
    expect(reply).toMatchObject({
      status: 409,
      body: { error: { code: "SKU_TAKEN", message: 'there is a product with SKU "SKU-000002" already' } },
    });
    expect(await all("")).toEqual(before);
  });

  test.each([
    ["no product", [], "INVALID_REQUEST", "body/products"],
    ["a product twice", [lamp, { ...lamp, name: "Other" }], "DUPLICATE_SKU", "LAMP-1"],
    [
      "more than 1000 products",
      Array.from({ length: 1_001 }, (_, n) => ({ ...lamp, sku: `M-${n}` })),
      "INVALID_REQUEST",
      "body/products",
    ],
    ["a negative price", [{ ...lamp, priceCents: -1 }], "INVALID_REQUEST", "body/products/0/priceCents"],
    [
      "a price that is no whole number",
      [{ ...lamp, priceCents: 1.5 }],
      "INVALID_REQUEST",
      "body/products/0/priceCents",
    ],
    ["a SKU with a quote", [{ ...lamp, sku: "a'b" }], "INVALID_REQUEST", "body/products/0/sku"],
  ])("refuses an import of %s", async (_what, products, code, named) => {
    const reply = await client.post<ErrorBody>("/products/import", { products });
    expect(reply).toMatchObject({ status: 400, body: { error: { code } } });
    expect(reply.body.error.message).toContain(named);
  });
});
