import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createPool, type Pool } from "@pool/core";
import { watch } from "@pool/monitor";
import { browserPath } from "@pool/testing";
import { type Browser, chromium } from "playwright-core";
import { dashboard } from "../../src/index.js";

// So long the shop works before its pictures are taken: what is shown over time needs a past.
const PAST = 30_000;

interface Shot {
  readonly name: string;
  readonly hash?: string;
  readonly scheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  readonly whole?: boolean;
}

const SHOTS: readonly Shot[] = [
  { name: "shop", whole: true },
  { name: "shop-dark", scheme: "dark", whole: true },
  { name: "shop-phone", width: 360, height: 740, whole: true },
  { name: "pool", hash: "#pool/orders" },
  { name: "pool-dark", hash: "#pool/orders", scheme: "dark" },
  { name: "pool-phone", hash: "#pool/orders", width: 360, height: 740 },
  { name: "leak", hash: "#leak/1" },
];

const STATEMENTS = [
  "select id, name, price from products where category = 'lamps' order by price limit 20",
  "insert into order_items (order_id, product_id, quantity) values (17, 4, 1)",
  "update stock set available = available - 1 where product_id = 4 and available >= 1",
  "select * from customers where email = 'ada@example.org'",
];

/** Pictures of the dashboard in its main states, in a real browser over real pools. @returns their file names */
export async function takeScreenshots(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const taken: string[] = [];
  using monitor = watch({ slowAfter: 250, logAfter: 200 });
  using handle = dashboard(monitor, { title: "Shop", authorize: () => true });
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on an address
  const browser = await chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox", "--disable-gpu"] });
  const take = async (shot: Shot): Promise<void> => {
    await shoot(browser, `http://127.0.0.1:${port}/${shot.hash ?? ""}`, folder, shot);
    taken.push(`${shot.name}.png`);
  };
  try {
    await take({ name: "empty" });
    const shop = openShop();
    await pause(PAST);
    for (const shot of SHOTS) await take(shot);
    await shop.close();

    const tenants = Array.from({ length: 50 }, (_, n) => pool(`tenant-${n + 1}`, 8));
    const busy = new AbortController();
    for (const [n, tenant] of tenants.entries()) void visit(tenant, 2 + (n % 9), busy.signal);
    await pause(PAST / 3);
    await take({ name: "tenants" });
    await take({ name: "tenants-phone", width: 360, height: 740 });
    busy.abort();
    await Promise.all(tenants.map((tenant) => tenant.close({ timeout: 0 })));
  } finally {
    await browser.close();
    handle[Symbol.dispose]();
    server.closeAllConnections();
    server.close();
  }
  return taken;
}

async function shoot(browser: Browser, url: string, folder: string, shot: Shot): Promise<void> {
  const { name, scheme = "light", width = 1440, height = 1000, whole = false } = shot;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(".status.live").waitFor();
  await pause(2_500);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole });
  await context.close();
}

/** Three pools at work: one with room, one that is too small now and then, and one with a lease that leaks. */
function openShop(): { close: () => Promise<void> } {
  const pools = [pool("orders", 6), pool("catalogue", 12), pool("sessions", 4)];
  const open = new AbortController();
  for (const [n, one] of pools.entries()) void visit(one, [7, 8, 2][n] ?? 1, open.signal);
  const leaked = pools[2]?.acquire({ label: "import: forgotten" });
  return {
    async close() {
      open.abort();
      (await leaked)?.release();
      await Promise.all(pools.map((one) => one.close({ timeout: 0 })));
    },
  };
}

function pool(name: string, maxSize: number): Pool<object> {
  const factory = { kind: "memory", create: async () => ({}), close: () => undefined };
  return createPool(factory, { name, maxSize, acquireTimeout: 400, leakAfter: 10_000, stacks: "all" });
}

/** So many visitors who come again and again, more of them in waves. */
async function visit(one: Pool<object>, visitors: number, signal: AbortSignal): Promise<void> {
  const labels = ["order: place", "products: page", "customer: read"];
  const again = async (n: number): Promise<void> => {
    while (!signal.aborted) {
      const isBusy = Math.sin(performance.now() / 6_000) > 0.4;
      await pause((isBusy ? 20 : 160) * (0.5 + Math.random()));
      const lease = await one.acquire({ label: labels[n % labels.length] ?? "" }).catch(() => undefined);
      for (const statement of STATEMENTS.slice(n % 3, (n % 3) + 2))
        await lease
          ?.track(statement, () => pause((n % 4 === 0 ? 60 : 15) * (0.5 + Math.random())))
          .catch(() => undefined);
      lease?.release();
    }
  };
  await Promise.all(Array.from({ length: visitors }, (_, n) => again(n)));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
