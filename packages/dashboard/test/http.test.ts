import { createHash } from "node:crypto";
import { request } from "node:http";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { watch, type MonitorSnapshot } from "@pool/monitor";
import { expect, onTestFinished, test } from "vitest";
import { dashboard, type DashboardOptions } from "../src/index.js";
import { openPool } from "./support/pool.js";
import { serve } from "./support/serve.js";

async function served(options: DashboardOptions = {}) {
  const monitor = watch();
  const handle = dashboard(monitor, { path: "/dashboard", ...options });
  onTestFinished(() => {
    handle[Symbol.dispose]();
    monitor[Symbol.dispose]();
  });
  return await serve(handle);
}

test("serves its page under its path, and leaves alone what is outside of it", async () => {
  const { address } = await served();
  const page = await fetch(`${address}/dashboard/`);
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(await page.text()).toMatch(/^<!doctype html>/i);
  for (const path of ["/", "/dashboards", "/dashboardx/events", "/other"]) {
    expect([path, await (await fetch(address + path)).text()]).toEqual([path, "not the dashboard's"]);
  }
  expect((await fetch(`${address}/dashboard/nothing`)).status).toBe(404);
  expect((await fetch(`${address}/dashboard/__proto__`)).status).toBe(404);
});

test.each([undefined, null, {}, { path: "/dashboard" }])("is refused without a monitor: %j", (nothing) => {
  expect(() => dashboard(nothing as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("the page is one file that asks for nothing, of less than 60 kB", async () => {
  const { address } = await served();
  const html = await (await fetch(`${address}/dashboard/`)).text();
  const size = gzipSync(html, { level: 9 }).length;
  console.log(`the page has ${html.length} bytes, ${size} with gzip`); // eslint-disable-line no-console
  expect(size).toBeLessThan(60_000);
  expect(html).not.toMatch(/<(script|link|img)\b[^>]*\b(src|href)="(?!data:)/);
  expect(html).not.toMatch(/\bimport\s*\(|@import|url\((?!["']?data:)/);
});

test("lets the page run its own script and style, and nothing else", async () => {
  const { address } = await served();
  const page = await fetch(`${address}/dashboard/`);
  const html = await page.text();
  const policy = page.headers.get("content-security-policy") ?? "";
  const [, script = ""] = /<script[^>]*>([^]*?)<\/script>/.exec(html) ?? [];
  const hash = createHash("sha256").update(script).digest("base64");
  expect(policy).toContain(`script-src 'sha256-${hash}'`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(Object.fromEntries(page.headers)).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
  });
});

test("sends the page again only when it has changed", async () => {
  const { address } = await served();
  const etag = (await fetch(`${address}/dashboard/`)).headers.get("etag") ?? "";
  const again = await fetch(`${address}/dashboard/`, { headers: { "if-none-match": etag } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  const head = await fetch(`${address}/dashboard/`, { method: "HEAD" });
  expect([head.status, await head.text(), Number(head.headers.get("content-length")) > 0]).toEqual([200, "", true]);
});

test("without the last slash it leads to the page, also where a host cuts the path off", async () => {
  const { address } = await served();
  const plain = await fetch(`${address}/dashboard`, { redirect: "manual" });
  expect([plain.status, plain.headers.get("location")]).toEqual([308, "dashboard/"]);

  const monitor = watch();
  const handle = dashboard(monitor);
  onTestFinished(() => monitor[Symbol.dispose]());
  // What Connect and Express do below a mount.
  const mounted = await serve((incoming, response) => {
    Object.assign(incoming, {
      originalUrl: incoming.url,
      url: (incoming.url ?? "").slice("/tools/pools".length) || "/",
    });
    return handle(incoming, response);
  });
  const cut = await fetch(`${mounted.address}/tools/pools`, { redirect: "manual" });
  expect([cut.status, cut.headers.get("location")]).toEqual([308, "pools/"]);
  expect((await fetch(`${mounted.address}/tools/pools/`)).status).toBe(200);
});

test("gives a snapshot with the pool's own numbers, which nothing keeps", async () => {
  const { address } = await served();
  const pool = openPool({ name: "numbers", maxSize: 3 });
  using _ = await pool.acquire({ label: "somebody" });
  const response = await fetch(`${address}/dashboard/snapshot`);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  const snapshot = (await response.json()) as MonitorSnapshot;
  const shown = snapshot.pools.find(({ name }) => name === "numbers");
  expect(shown).toMatchObject({ stats: { leased: 1, maxSize: 3 }, holders: [{ label: "somebody" }] });
});

test("refuses other methods with what it takes", async () => {
  const { address } = await served();
  const refused = await fetch(`${address}/dashboard/snapshot`, { method: "DELETE" });
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET"]);
  expect((await fetch(`${address}/dashboard/actions`)).status).toBe(405);
});

test("shows nothing to whom the host's hook does not let look, and nothing when the hook throws", async () => {
  const errors: unknown[] = [];
  const { address } = await served({
    authorizeView: ({ headers }) => {
      if (headers["x-key"] === "boom") throw new Error("the hook broke");
      return headers["x-key"] === "right";
    },
    onError: (error) => errors.push(error),
  });
  for (const path of ["/", "/snapshot", "/events"]) {
    for (const key of ["", "wrong", "boom"]) {
      const refused = await fetch(`${address}/dashboard${path}`, { headers: { "x-key": key } });
      expect([path, key, refused.status]).toEqual([path, key, 403]);
      expect(await refused.text()).not.toContain("broke");
    }
  }
  expect((await fetch(`${address}/dashboard/snapshot`, { headers: { "x-key": "right" } })).status).toBe(200);
  expect(errors.map(String)).toEqual(Array(3).fill("Error: the hook broke"));
});

test("an onError that throws or rejects becomes a warning, and the request is answered", async () => {
  const warned = once(process, "warning");
  for (const onError of [
    () => {
      throw new Error("the callback broke");
    },
    (): unknown => Promise.reject(new Error("the callback broke later")),
  ]) {
    const { address } = await served({
      authorizeView: () => {
        throw new Error("the hook broke");
      },
      onError,
    });
    expect((await fetch(`${address}/dashboard/snapshot`)).status).toBe(403);
  }
  expect(String((await warned)[0])).toContain("the callback broke");
});

test("a hook that says something else than true lets nobody in", async () => {
  const { address } = await served({ authorizeView: (() => "yes") as unknown as () => boolean });
  expect((await fetch(`${address}/dashboard/snapshot`)).status).toBe(403);
});

test("refuses options that are none, and names what it takes", () => {
  using monitor = watch();
  expect(() => dashboard(monitor, { path: "dashboard" })).toThrow('path must be a path like "/dashboard"');
  expect(() => dashboard(monitor, { maxStreams: 0 })).toThrow("maxStreams must be a whole number from 1 to 1000");
  expect(() => dashboard(monitor, { authorise: () => true } as never)).toThrow("did you mean authorize?");
});

test("an unusual request path is refused and not stumbled over", async () => {
  const { port } = await served();
  for (const path of ["/dashboard/%", "/dashboard//", "/dashboard/../etc", "/dashboard/?%%%", "/dashboard/events/"]) {
    const asked = request({ host: "127.0.0.1", port, path, agent: false });
    asked.end();
    const [response] = (await once(asked, "response")) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect([path, [200, 404].includes(response.statusCode)]).toEqual([path, true]);
  }
});
