import { once } from "node:events";
import { connectAll } from "@pool/core";
import { postgres } from "@pool/postgres";
import { startPostgres } from "@pool/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { live, useBrowser } from "./support/browser.js";
import { eventually } from "./support/eventually.js";
import { openPool } from "./support/pool.js";
import { site } from "./support/site.js";

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const browser = useBrowser();

test("says when the stream breaks, how old its numbers are, and goes on by itself when it is back", async () => {
  const pool = openPool({ name: "main" });
  const first = await site();
  const page = await browser.open(first.url);
  await live(page);
  // As a crash ends it, or a network.
  first.server.closeAllConnections();
  first.server.close();
  await once(first.server, "close");
  await page.getByText(/No connection: this is [\d.]+ (ms|s) old/).waitFor();
  await page.getByText(/this is ([3-9]|\d\d)\.\d+ s old/).waitFor();
  expect(await page.locator("#pools").getByRole("button", { name: "main" }).count()).toBe(1);

  const lease = await pool.acquire({ label: "meanwhile" });
  onTestFinished(() => lease.release());
  await site({}, { port: first.port });
  await live(page);
  await page.locator("#holders").getByText("meanwhile").waitFor();
});

test("says when the service has shut down, and tries at once when asked to", async () => {
  const first = await site();
  const page = await browser.open(first.url);
  await live(page);
  first.handle[Symbol.dispose]();
  await page.getByText("The service has shut down").waitFor();
  first.server.closeAllConnections();
  first.server.close();
  await once(first.server, "close");
  await site({}, { port: first.port });
  await page.getByRole("button", { name: "Try now" }).click();
  await live(page);
});

test("a line that has gone silent counts as broken", async () => {
  const { url, server, monitor } = await site();
  const page = await browser.open(url);
  await live(page);
  // Nothing is sent any more, and nothing closes.
  monitor[Symbol.dispose]();
  await page.getByText("No connection").waitFor();
  expect(server.listening).toBe(true);
});

test("a database that stops shows within seconds, and its return too", async () => {
  await using server = await startPostgres({ own: true });
  await using registry = await connectAll({ db: postgres({ url: server.url, maxSize: 3, acquireTimeout: 2_000 }) });
  const db = registry.get("db").client;
  let running = true;
  const callers = [1, 2].map(async () => {
    while (running) {
      await db.query("select pg_sleep(0.01)").catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  try {
    const { url } = await site();
    const page = await browser.open(url);
    const trouble = page.locator("#pools .badge.bad");
    await page.locator('[data-pool="db"]').waitFor();
    expect(await trouble.count()).toBe(0);

    await server.kill();
    const killed = performance.now();
    await eventually("trouble in sight", async () => (await trouble.count()) > 0 || undefined, 20_000);
    const seen = performance.now() - killed;

    await server.start();
    const started = performance.now();
    await eventually("calm again", async () => (await trouble.count()) === 0 || undefined, 30_000);
    const back = performance.now() - started;
    const figures = `shown ${Math.round(seen)} ms after the kill, its return ${Math.round(back)} ms after the start`;
    console.log(figures); // eslint-disable-line no-console
  } finally {
    running = false;
    await Promise.all(callers);
  }
});
