import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Customer } from "../src/dao/customers.js";
import { type Page } from "../src/dao/page.js";
import { type Client, type ErrorBody } from "./support/client.js";
import { backends } from "./support/databases.js";
import { SMALL, startTestService } from "./support/service.js";

describe.each(backends)("on $kind", (backend) => {
  let client: Client;
  beforeAll(async () => {
    const running = await startTestService(await backend.create(afterAll));
    client = running.client;
    afterAll(() => running.stop());
  });

  const ada = { name: "Ada Lovelace", email: "ada@example.org", city: "London", country: "GB" };

  test("adds, reads, changes and removes a customer", async () => {
    const added = await client.post<Customer>("/customers", ada);
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject(ada);
    expect(added.headers.get("location")).toBe(`/customers/${added.body.id}`);
    expect(Number.isNaN(Date.parse(added.body.createdAt))).toBe(false);

    const path = `/customers/${added.body.id}`;
    const changed = await client.patch<Customer>(path, { city: "Oxford" });
    expect(changed).toMatchObject({ status: 200, body: { ...ada, city: "Oxford", id: added.body.id } });
    expect((await client.get<Customer>(path)).body).toEqual(changed.body);

    expect((await client.delete(path)).status).toBe(204);
    for (const gone of [client.get(path), client.patch(path, { city: "Bath" }), client.delete(path)]) {
      expect(await gone).toMatchObject({
        status: 404,
        body: { error: { code: "NOT_FOUND", message: `there is no customer ${added.body.id}` } },
      });
    }
  });

  test("refuses an e-mail address that is taken, on insert and on change", async () => {
    const { body: first } = await client.get<Customer>("/customers/1");
    const taken = { status: 409, body: { error: { code: "ALREADY_EXISTS" } } };
    expect(await client.post("/customers", { ...ada, email: first.email })).toMatchObject(taken);
    expect(await client.patch("/customers/2", { email: first.email })).toMatchObject(taken);
  });

  test("keeps a customer who has orders", async () => {
    const { body: orders } = await client.get<Page<{ customerId: number }>>("/orders?limit=1");
    const path = `/customers/${orders.items[0]!.customerId}`;
    expect(await client.delete(path)).toMatchObject({ status: 409, body: { error: { code: "STILL_REFERENCED" } } });
    expect((await client.get(path)).status).toBe(200);
  });

  test("reads every customer once, page by page, also when rows come and go meanwhile", async () => {
    const seen: number[] = [];
    let after = "";
    let pages = 0;
    do {
      const { status, body } = await client.get<Page<Customer>>(`/customers?limit=7${after}`);
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(7);
      seen.push(...body.items.map((customer) => customer.id));
      after = body.next === null ? "" : `&after=${body.next}`;
      if (pages++ === 1) {
        const { body: passing } = await client.post<Customer>("/customers", { ...ada, email: "passing@example.org" });
        await client.delete(`/customers/${passing.id}`);
      }
    } while (after !== "");
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.filter((id) => id <= Number(SMALL.DATA_CUSTOMERS))).toHaveLength(Number(SMALL.DATA_CUSTOMERS));
  });

  test("finds a customer by e-mail address", async () => {
    const { body: wanted } = await client.get<Customer>("/customers/5");
    const { body: found } = await client.get<Page<Customer>>(`/customers?email=${encodeURIComponent(wanted.email)}`);
    expect(found).toEqual({ items: [wanted], next: null });
  });

  test.each([
    ["an empty name", { ...ada, name: "" }, "body/name"],
    ["a name of control characters", { ...ada, name: "a\u0000b" }, "body/name"],
    ["no e-mail address", { ...ada, email: "ada" }, "body/email"],
    ["a missing field", { name: "Ada", email: "a@example.org", city: "London" }, "country"],
    ["a number for a text", { ...ada, city: 5 }, "body/city"],
    ["null for a text", { ...ada, city: null }, "body/city"],
    ["a lower-case country", { ...ada, country: "gb" }, "body/country"],
    ["an unknown field", { ...ada, admin: true }, '"admin"'],
    ["a list", [ada], "body must be object"],
  ])("refuses a new customer with %s, and names the field", async (_what, body, named) => {
    const reply = await client.post<ErrorBody>("/customers", body);
    expect(reply).toMatchObject({ status: 400, body: { error: { code: "INVALID_REQUEST" } } });
    expect(reply.body.error.message).toContain(named);
  });

  test.each([
    ["limit=0", "querystring/limit"],
    ["limit=201", "querystring/limit"],
    ["limit=ten", "querystring/limit"],
    ["limit=1&limit=2", "querystring/limit"],
    ["offset=5", '"offset"'],
    ["email=x", "querystring/email"],
  ])("refuses a list with ?%s", async (query, named) => {
    const reply = await client.get<ErrorBody>(`/customers?${query}`);
    expect(reply).toMatchObject({ status: 400, body: { error: { code: "INVALID_REQUEST" } } });
    expect(reply.body.error.message).toContain(named);
  });

  test.each(["0", "-1", "1.5", "abc", "99999999999", "1e3%20or%201=1"])("refuses %s as an id", async (id) => {
    expect(await client.get(`/customers/${id}`)).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_REQUEST" } },
    });
  });

  test.each([
    "x",
    "e30",
    Buffer.from('["id","1",1]').toString("base64url"),
    Buffer.from('["price",1,1]').toString("base64url"),
  ])("refuses %s as a cursor", async (cursor) => {
    expect(await client.get(`/customers?after=${cursor}`)).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_CURSOR" } },
    });
  });

  test("changes nothing when there is nothing to change", async () => {
    expect(await client.patch("/customers/1", {})).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_REQUEST" } },
    });
  });
});
