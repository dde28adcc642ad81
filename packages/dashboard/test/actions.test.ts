import { request } from "node:http";
import { once } from "node:events";
import { watch } from "@pool/monitor";
import { expect, onTestFinished, test } from "vitest";
import { type Action, dashboard, type DashboardOptions } from "../src/index.js";
import { eventually } from "./support/eventually.js";
import { openPool } from "./support/pool.js";
import { serve } from "./support/serve.js";

async function served(options: DashboardOptions) {
  const monitor = watch();
  onTestFinished(() => monitor[Symbol.dispose]());
  return await serve(dashboard(monitor, options));
}

const json = { "content-type": "application/json" };

async function act(address: string, action: unknown, headers: Record<string, string> = {}) {
  const body = typeof action === "string" ? action : JSON.stringify(action);
  const response = await fetch(`${address}/actions`, { method: "POST", headers: { ...json, ...headers }, body });
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, code: error?.code, message: error?.message };
}

test("without a hook of the host every action is refused, whatever it is", async () => {
  const { address } = await served({});
  const pool = openPool({ name: "kept" });
  await pool.warm(1);
  const { generation } = pool.stats;
  for (const action of [{ action: "evict", pool: "kept" }, { action: "drain", pool: "kept" }, "nonsense"])
    expect(await act(address, action)).toMatchObject({ status: 403, code: "READ_ONLY" });
  expect(pool.stats).toMatchObject({ state: "open", generation, idle: 1 });
});

test("evicts, resizes and drains where the hook says yes, and tells the hook what is asked", async () => {
  const asked: Action[] = [];
  const { address } = await served({ authorize: (_, action) => asked.push(action) > 0 });
  const pool = openPool({ name: "main", maxSize: 4 });
  await pool.warm(2);

  expect(await act(address, { action: "resize", pool: "main", maxSize: 7 })).toMatchObject({ status: 202 });
  expect(pool.stats.maxSize).toBe(7);
  const { generation } = pool.stats;
  expect(await act(address, { action: "evict", pool: "main" })).toMatchObject({ status: 202 });
  expect(pool.stats.generation).toBe(generation + 1);
  expect(await act(address, { action: "drain", pool: "main", timeout: 0 })).toMatchObject({ status: 202 });
  await eventually("the end of the pool", () => pool.stats.state === "closed" || undefined);
  expect(asked).toEqual([
    { action: "resize", pool: "main", maxSize: 7 },
    { action: "evict", pool: "main" },
    { action: "drain", pool: "main", timeout: 0 },
  ]);
});

test("does nothing where the hook says no, or throws", async () => {
  const errors: unknown[] = [];
  const { address } = await served({
    authorize: async (_, { action }) => {
      if (action === "drain") throw new Error("the hook broke");
      return false;
    },
    onError: (error) => errors.push(error),
  });
  const pool = openPool({ name: "kept" });
  const { generation } = pool.stats;
  expect(await act(address, { action: "evict", pool: "kept" })).toMatchObject({ status: 403, code: "FORBIDDEN" });
  expect(await act(address, { action: "drain", pool: "kept" })).toMatchObject({ status: 403, code: "FORBIDDEN" });
  expect(pool.stats).toMatchObject({ state: "open", generation });
  expect(errors.map(String)).toEqual(["Error: the hook broke"]);
});

test("a page of another origin can not act with its visitor's rights", async () => {
  const { address, port } = await served({ authorize: () => true });
  const pool = openPool({ name: "kept" });
  const { generation } = pool.stats;
  const evict = { action: "evict", pool: "kept" };
  const foreign = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `http://127.0.0.1:${port + 1}` },
  ];
  for (const headers of foreign)
    expect([headers, await act(address, evict, headers)]).toMatchObject([
      headers,
      { status: 403, code: "FOREIGN_ORIGIN" },
    ]);
  // A form can send text, but never JSON.
  expect(await act(address, evict, { "content-type": "text/plain" })).toMatchObject({ status: 415 });
  expect(pool.stats.generation).toBe(generation);

  expect(await act(address, evict, { "sec-fetch-site": "same-origin" })).toMatchObject({ status: 202 });
  expect(await act(address, evict, { origin: address })).toMatchObject({ status: 202 });
  expect(pool.stats.generation).toBe(generation + 2);
});

test("says what is wrong with an action", async () => {
  const { address } = await served({ authorize: () => true });
  openPool({ name: "main", maxSize: 4 });
  const wrong: [unknown, number, string][] = [
    ["{", 400, "JSON"],
    ["[]", 400, "object"],
    [{ action: "explode", pool: "main" }, 400, "evict, resize, drain"],
    [{ action: "__proto__", pool: "main" }, 400, "evict, resize, drain"],
    [{ action: "evict" }, 400, "pool"],
    [{ action: "evict", pool: "main", maxSize: 3 }, 400, "nothing else"],
    [{ action: "resize", pool: "main" }, 400, "maxSize"],
    [{ action: "resize", pool: "main", maxSize: "9" }, 400, "maxSize"],
    [{ action: "resize", pool: "main", maxSize: 0 }, 400, "maxSize"],
    [{ action: "resize", pool: "main", minIdle: 1_000 }, 400, "minIdle"],
    [{ action: "evict", pool: "other" }, 404, "no open pool"],
  ];
  for (const [action, status, word] of wrong)
    expect([action, await act(address, action)]).toEqual([
      action,
      { status, code: expect.any(String) as string, message: expect.stringContaining(word) as string },
    ]);
});

test("takes a body that the host has read already, as text or parsed", async () => {
  const monitor = watch();
  onTestFinished(() => monitor[Symbol.dispose]());
  const handle = dashboard(monitor, { authorize: () => true });
  let parse: (text: string) => unknown = JSON.parse;
  const { address } = await serve((message, response) => {
    void (async () => {
      let text = "";
      for await (const chunk of message) text += String(chunk);
      if (text !== "") Object.assign(message, { body: parse(text) });
      handle(message, response);
    })();
    return true;
  });
  const pool = openPool({ name: "main" });
  const { generation } = pool.stats;
  expect(await act(address, { action: "evict", pool: "main" })).toMatchObject({ status: 202 });
  for (parse of [(text: string) => text, (text: string) => Buffer.from(text)])
    expect(await act(address, { action: "evict", pool: "main" })).toMatchObject({ status: 202 });
  expect(pool.stats.generation).toBe(generation + 3);
  const long = { action: "evict", pool: "x".repeat(5_000) };
  expect(await act(address, long)).toMatchObject({ status: 413, code: "BODY_TOO_LARGE" });
});

test("a body that is too long is refused, whether or not it says how long it is, and also a compressed one", async () => {
  const { address, port } = await served({ authorize: () => true });
  const long = JSON.stringify({ action: "evict", pool: "x".repeat(5_000) });
  expect(await act(address, long)).toMatchObject({ status: 413, code: "BODY_TOO_LARGE" });
  expect(await act(address, "{}", { "content-encoding": "gzip" })).toMatchObject({ status: 415 });

  const chunked = request({ host: "127.0.0.1", port, path: "/actions", method: "POST", headers: json, agent: false });
  chunked.on("error", () => undefined); // it may be cut off while it still sends
  for (let n = 0; n < 5; n++) chunked.write("x".repeat(1_000));
  const [response] = (await once(chunked, "response")) as [{ statusCode: number }];
  expect(response.statusCode).toBe(413);
  chunked.destroy();
});
