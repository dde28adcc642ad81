import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type MonitorSnapshot } from "@pool/monitor";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ServiceProcess } from "./support/child.js";
import { type Client } from "./support/client.js";
import { backends } from "./support/databases.js";
import { eventually, serviceForTest } from "./support/service.js";

vi.setConfig({ testTimeout: 120_000 });

const loadScript = fileURLToPath(new URL("../../../scripts/load.mjs", import.meta.url));

async function snapshot(client: Client): Promise<MonitorSnapshot> {
  return (await client.get<MonitorSnapshot>("/dashboard/snapshot")).body;
}

/** Reads a stream of events until it ends. */
async function follow(address: string): Promise<{ text: () => string; ended: Promise<void> }> {
  const hangUp = new AbortController();
  onTestFinished(() => hangUp.abort());
  const { body } = await fetch(`${address}/dashboard/events`, { signal: hangUp.signal });
  let text = "";
  const read = async (): Promise<void> => {
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) text += chunk;
  };
  return { text: () => text, ended: read() };
}

describe.each(backends)("on $kind", (backend) => {
  test("serves its dashboard, with the pools that the service works with", async () => {
    const { client } = await serviceForTest(backend);
    const page = await fetch(`${client.address}/dashboard`);
    expect([page.status, page.url.endsWith("/dashboard/")]).toEqual([200, true]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    await client.post("/orders", { customerId: 1, items: [{ productId: 1, quantity: 1 }] });
    const { pools, statements } = await snapshot(client);
    expect(pools.map(({ name }) => name).filter((name) => name.startsWith("db"))).not.toEqual([]);
    expect(statements.rows.map(({ text }) => text).join("\n")).toContain('insert into "orders"');
  });

  test("only shows, and has no route that makes a leak, unless it is started as a demo", async () => {
    const { client } = await serviceForTest(backend);
    expect(await client.post("/dashboard/actions", { action: "evict", pool: "db" })).toMatchObject({ status: 403 });
    expect(await client.post("/demo/leak", {})).toMatchObject({ status: 404 });
  });

  test("as a demo it acts for this machine, and makes leaks that show and go", async () => {
    const { client, stop } = await serviceForTest(backend, { DEMO: "on", POOL_DB__LEAK_AFTER: "1s" });
    const leaked = await client.post<{ pool: string; leaseId: number }>("/demo/leak", { seconds: 3 });
    expect(leaked.status).toBe(202);
    const find = async (wanted: string) => {
      const { leaks } = await snapshot(client);
      return leaks.find(({ holder, state }) => holder.leaseId === leaked.body.leaseId && state === wanted);
    };
    const leak = await eventually("the leak", () => find("open"), 30_000);
    expect(leak).toMatchObject({ pool: leaked.body.pool, holder: { label: "demo: held" } });
    expect(leak.holder.acquiredAt).toContain("routes/demo");
    await eventually("its late return", () => find("returned"), 30_000);

    const evict = { action: "evict", pool: leaked.body.pool };
    expect(await client.post("/dashboard/actions", evict)).toMatchObject({ status: 202 });
    const tricked = await client.send("POST", "/dashboard/actions", evict, {
      headers: { "content-type": "application/json", "sec-fetch-site": "cross-site" },
    });
    expect(tricked).toMatchObject({ status: 403 });

    // One that is still held does not hold up the end.
    expect(await client.post("/demo/leak", { seconds: 300 })).toMatchObject({ status: 202 });
    expect(await stop()).toBe(true);
  });

  test("SIGTERM ends the dashboards that are open, and is not held up by them", async () => {
    const service = new ServiceProcess(await backend.create(), { SHUTDOWN_TIMEOUT: "60s" });
    const address = await service.address();
    expect(service.stderr).toContain(`Its pools, live: ${address}/dashboard`);
    const streams = await Promise.all([1, 2, 3].map(() => follow(address)));
    await eventually("a tick for each", () => streams.every(({ text }) => text().includes("event: tick")) || undefined);
    const began = performance.now();
    service.kill("SIGTERM");
    await Promise.all(streams.map(({ ended }) => ended));
    expect(await service.exited).toEqual({ code: 0, signal: null });
    console.log(`ended ${Math.round(performance.now() - began)} ms after SIGTERM, with 3 streams open`);
    expect(streams.map(({ text }) => text().includes("event: bye"))).toEqual([true, true, true]);
  });
});

test("npm run load drives it, makes its leaks and a burst, and says what came of its calls", async () => {
  const { client } = await serviceForTest(backends[0]!, { DEMO: "on" });
  const arguments_ = [loadScript, client.address, "--seconds", "4"];
  const { stdout } = await promisify(execFile)(process.execPath, arguments_, { timeout: 90_000 });
  for (const call of ["order", "products", "customer", "report", "leak (held)", "leak (dropped)"])
    expect(stdout).toMatch(new RegExp(`^${call.replaceAll(/[()]/g, "\\$&")} +\\d+ `, "m"));
  expect(stdout).toMatch(/\d+ calls in [\d.]+ s \(\d+ a second\), 0 failed/);
  const acquired = (await snapshot(client)).pools.reduce((sum, { stats }) => sum + stats.totals.acquired, 0);
  expect(acquired).toBeGreaterThan(5);

  const elsewhere = promisify(execFile)(process.execPath, [loadScript, "http://192.0.2.1:3000"]);
  await expect(elsewhere).rejects.toMatchObject({ stderr: expect.stringContaining("on this machine") as string });
});
