import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

  const MIB = 1024 * 1024;
  const JSON_TYPE = { "content-type": "application/json" };

  async function post(
    path: string,
    body: NonNullable<RequestInit["body"]>,
    headers: Record<string, string> = JSON_TYPE,
  ) {
    return client.send<ErrorBody>("POST", path, undefined, { body, headers, duplex: "half" });
  }

  test("gives every reply the caller's request id, or one of its own", async () => {
    const named = await client.get("/health/live", { headers: { "x-request-id": "from-the-caller.1" } });
    expect(named.headers.get("x-request-id")).toBe("from-the-caller.1");
    for (const path of ["/health/live", "/nothing", "/customers/x"]) {
      expect((await client.get(path)).headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test.each(["has spaces", "<script>", "x".repeat(65)])("does not repeat the request id %j", async (id) => {
    const { headers } = await client.get("/health/live", { headers: { "x-request-id": id } });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each(["/%", "/customers/%E0%A4%A", `/customers/${"x".repeat(200)}`])(
    "answers a bad path like any failure: %s",
    async (path) => {
      const { status, body } = await client.get<ErrorBody>(path);
      expect(Object.keys(body)).toEqual(["error"]);
      expect(Object.keys(body.error).sort()).toEqual(["code", "message"]);
      expect(status >= 400 && status < 500).toBe(true);
    },
  );

  test("lets pages of other origins call it, and answers their preflight", async () => {
    const origin = "https://shop.example";
    expect((await client.get("/customers/1", { headers: { origin } })).headers.get("access-control-allow-origin")).toBe(
      "*",
    );
    const preflight = await client.send("OPTIONS", "/orders", undefined, {
      headers: { origin, "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(204);
  });

  test("allows the methods that its routes have across origins", async () => {
    const preflight = await client.send("OPTIONS", "/customers/1", undefined, {
      headers: { origin: "https://shop.example", "access-control-request-method": "PATCH" },
    });
    const allowed = preflight.headers.get("access-control-allow-methods")?.split(/, ?/) ?? [];
    expect(allowed).toEqual(expect.arrayContaining(["GET", "POST", "PATCH", "DELETE"]));
  });

  test("compresses a long reply and leaves a short one alone", async () => {
    const encoded = (path: string, encoding: string) =>
      new Promise<string | undefined>((resolve, reject) => {
        const call = request(`${client.address}${path}`, { headers: { "accept-encoding": encoding } }, (reply) => {
          reply.resume().on("end", () => resolve(reply.headers["content-encoding"]));
        });
        call.on("error", reject).end();
      });
    expect(await encoded("/customers?limit=40", "gzip")).toBe("gzip");
    expect(await encoded("/customers?limit=40", "gzip, br")).toBe("br");
    expect(await encoded("/customers?limit=40", "identity")).toBeUndefined();
    expect(await encoded("/customers/1", "gzip")).toBeUndefined();
  });

  test("refuses a body of more than 1 MiB, whether its length is told, it comes in chunks, or it was compressed", async () => {
    const big = JSON.stringify({ products: [], padding: "x".repeat(MIB) });
    const inChunks = new Blob([big]).stream();
    const replies = [
      await post("/products/import", big),
      await post("/products/import", inChunks),
      await post("/products/import", gzipSync(big), { ...JSON_TYPE, "content-encoding": "gzip" }),
    ];
    expect(replies.map(({ status, body }) => [status, body.error.code])).toEqual([
      [413, "BODY_TOO_LARGE"],
      [413, "BODY_TOO_LARGE"],
      [413, "BODY_TOO_LARGE"],
    ]);
  });

  test.each([
    ["no JSON", "{", JSON_TYPE, 400, "INVALID_REQUEST"],
    ["an empty body", "", JSON_TYPE, 400, "INVALID_REQUEST"],
    ["a prototype", '{"__proto__": {"admin": true}}', JSON_TYPE, 400, "INVALID_REQUEST"],
    ["a deep nest", "[".repeat(100_000), JSON_TYPE, 400, "INVALID_REQUEST"],
    ["another media type", "a=b", { "content-type": "text/csv" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
  ])("refuses %s", async (_what, body, headers, status, code) => {
    expect(await post("/orders", body, headers)).toMatchObject({ status, body: { error: { code } } });
  });

  test("answers what is not there in the same shape", async () => {
    for (const reply of [await client.get("/nothing"), await client.delete("/orders")]) {
      expect(reply).toMatchObject({
        status: 404,
        body: { error: { code: "NO_SUCH_ROUTE", message: expect.any(String) as unknown } },
      });
      expect(Object.keys(reply.body as object)).toEqual(["error"]);
    }
  });

  test("keeps values that look like SQL as what they are", async () => {
    const name = `Robert'); drop table customers; --`;
    const added = await client.post<{ id: number }>("/customers", {
      name,
      email: "robert@example.org",
      city: `"x`,
      country: "GB",
    });
    expect(added.status).toBe(201);
    expect((await client.get(`/customers/${added.body.id}`)).body).toMatchObject({ name, city: `"x` });
  });
});
