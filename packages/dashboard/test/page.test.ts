import type { Pool } from "@pool/core";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test, vi } from "vitest";
import { useBrowser } from "./support/browser.js";
import { eventually } from "./support/eventually.js";
import { openPool, type Thing } from "./support/pool.js";
import { site } from "./support/site.js";

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const browser = useBrowser();

/** The text of a field of a pool's card. */
async function field(page: Page, pool: string, name: string): Promise<string> {
  return (await page.locator(`[data-pool="${pool}"] [data-field="${name}"]`).innerText()).trim();
}

/** What the card says, against what the pool says at the same moment. */
async function cardAgrees(page: Page, pool: Pool<unknown>): Promise<true | undefined> {
  const shown = await Promise.all(["leased", "limit", "idle", "waiting"].map((name) => field(page, pool.name, name)));
  const { leased, maxSize, idle, waiting } = pool.stats;
  return String(shown) === String([leased, maxSize, idle, waiting]) || undefined;
}

/** The cells of a section's table, row by row. */
async function rowsOf(page: Page, section: string): Promise<string[][]> {
  const rows = await page.locator(`#${section} tbody tr`).all();
  return await Promise.all(
    rows.map(async (row) => (await row.locator("td").allInnerTexts()).map((text) => text.trim())),
  );
}

async function hold(pool: Pool<Thing>, label: string): Promise<Disposable> {
  const lease = await pool.acquire({ label });
  onTestFinished(() => lease.release());
  return lease;
}

test("shows the pool's own numbers under a known load, and follows them", async () => {
  const pool = openPool({ name: "main", maxSize: 4 });
  const { url, monitor } = await site();
  const held = [
    await hold(pool, "first"),
    await hold(pool, "second"),
    await hold(pool, "third"),
    await hold(pool, "fourth"),
  ];
  const waiting = ["fifth", "sixth", "seventh"].map((label) => hold(pool, label));
  const page = await browser.open(url);

  await eventually("a card that agrees", () => cardAgrees(page, pool));
  expect([await field(page, "main", "leased"), await field(page, "main", "waiting")]).toEqual(["4", "3"]);
  expect((await rowsOf(page, "holders")).map(([label]) => label)).toEqual(pool.holders().map(({ label }) => label));
  expect(await page.locator(".summary").innerText()).toMatch(/In use\s+4 \/ 4[^]*Waiting\s+3/);

  for (const lease of held.slice(0, 2)) lease[Symbol.dispose]();
  await Promise.all(waiting.slice(0, 2));
  await eventually("the first two gone", async () => {
    const labels = (await rowsOf(page, "holders")).map(([label]) => label);
    return String(labels) === "third,fourth,fifth,sixth" || undefined;
  });
  await eventually("a card that agrees again", () => cardAgrees(page, pool));
  for (const lease of held.slice(2)) lease[Symbol.dispose]();
  await waiting[2];

  await pool.use(async (_thing, lease) => {
    for (let n = 0; n < 7; n++) await lease.track(`select * from orders where id = ${n}`, async () => undefined);
  });
  await expect(pool.acquire({ timeout: 0 }).then((lease) => lease.release())).resolves.toBeUndefined();
  const own = await eventually("the statements on the page", async () => {
    const [row] = await rowsOf(page, "statements");
    return row?.[2] === "7" ? row : undefined;
  });
  expect(own[0]).toBe("select * from orders where id = ?");
  const shown = monitor.snapshot().statements.rows.filter(({ text }) => text.includes("orders"));
  expect(shown.map(({ count }) => count)).toEqual([7]);
});

test("counts timeouts, and says which pool's callers wait", async () => {
  const pool = openPool({ name: "tight", maxSize: 1, acquireTimeout: 50 });
  const { url } = await site();
  const page = await browser.open(url);
  await hold(pool, "greedy");
  for (let n = 0; n < 3; n++) await expect(pool.acquire()).rejects.toMatchObject({ code: "ACQUIRE_TIMEOUT" });
  await eventually("three timeouts", async () => (await field(page, "tight", "timeouts")) === "3" || undefined);
  await page.locator('[data-pool="tight"]', { hasText: "callers wait" }).waitFor();
});

test("a leak appears with where it was acquired, and is withdrawn when the lease comes back", async () => {
  const pool = openPool({ name: "main", leakAfter: 1_000, stacks: "all" });
  const { url } = await site();
  const page = await browser.open(url);
  await page.getByText("No lease has leaked.").waitFor();
  const lease = await hold(pool, "forgetful");

  await page.locator("#leaks tr", { hasText: "forgetful" }).getByText("open", { exact: true }).waitFor();
  expect(await page.locator(".summary a", { hasText: "Leaks" }).innerText()).toMatch(/Leaks\s+1/);
  await page.locator("#holders tr", { hasText: "forgetful" }).getByText("leak", { exact: true }).waitFor();
  await page.locator("#leaks").getByRole("button", { name: "forgetful" }).click();
  const details = page.getByRole("dialog");
  expect(await details.locator("pre.code").last().innerText()).toContain("page.test.ts");
  await page.keyboard.press("Escape");

  lease[Symbol.dispose]();
  await page.locator("#leaks tr", { hasText: "forgetful" }).getByText("returned", { exact: true }).waitFor();
  expect(await page.locator(".summary a", { hasText: "Leaks" }).innerText()).toMatch(/Leaks\s+0/);
});

test("transactions show the oldest first, and details open on a click, in the address, and tell when theirs is over", async () => {
  const pool = openPool({ name: "main", maxSize: 3 });
  const { url } = await site();
  const leases = [];
  for (const label of ["old", "young"]) {
    const lease = await pool.acquire({ label });
    lease.resource.inTransaction = true;
    leases.push(lease);
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // seen open once a second
  }
  const page = await browser.open(url);
  await eventually("both, in order", async () => {
    const labels = (await rowsOf(page, "transactions")).map(([label]) => label);
    return String(labels) === "old,young" || undefined;
  });
  await page.locator("#transactions").getByRole("button", { name: "old" }).click();
  const details = page.getByRole("dialog");
  await details.getByText(/open for [\d.]+ s/).waitFor();
  expect(new URL(page.url()).hash).toMatch(/^#holder\/main\/\d+$/);
  await page.reload();
  await details.getByRole("heading", { name: "old" }).waitFor();
  for (const lease of leases) lease.release();
  await details.getByText("This lease has ended").waitFor();
  await page.goBack();
  await details.waitFor({ state: "hidden" });
});

test("everything is reached by keyboard, with a focus that shows, and the focus goes back to where it was", async () => {
  openPool({ name: "main" });
  const { url } = await site();
  const page = await browser.open(url);
  const opener = page.locator("#pools").getByRole("button", { name: "main" });
  await opener.waitFor();
  const isFocused = async (): Promise<boolean> => (await opener.and(page.locator(":focus")).count()) === 1;
  for (let n = 0; n < 30 && !(await isFocused()); n++) await page.keyboard.press("Tab");
  expect(await isFocused()).toBe(true);
  expect(await page.evaluate<string>("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
  await page.keyboard.press("Enter");
  const details = page.getByRole("dialog");
  await details.waitFor();
  expect(await details.locator(":focus").count()).toBe(1);
  await details.locator("summary").first().press("Enter");
  await details.getByRole("region", { name: "Connections of main" }).locator("tbody tr").first().waitFor();
  await page.keyboard.press("Escape");
  await details.waitFor({ state: "hidden" });
  expect(await isFocused()).toBe(true);
});

test("text from a service is shown as text, whatever it looks like, and its pool's details open all the same", async () => {
  const nasty = `<img src=x onerror="document.title='owned'"> "&'/#%2F 名`;
  const pool = openPool({ name: nasty });
  const { url } = await site({ title: "<b>Shop</b>" });
  await hold(pool, "</script><script>document.title='owned'</script>");
  const page = await browser.open(url);
  await page.locator("#pools").getByRole("button", { name: nasty }).click();
  await page.getByRole("dialog").getByRole("heading", { name: nasty }).waitFor();
  await page.getByText("</script><script>").first().waitFor();
  expect(await page.title()).toBe("<b>Shop</b>");
  expect(await page.locator("img").count()).toBe(0);
});

test("shows no buttons of actions where the host gives no hook", async () => {
  openPool({ name: "main" });
  const { url } = await site();
  const page = await browser.open(`${url}#pool/main`);
  await page.getByRole("dialog").getByText("Since it is watched").waitFor();
  expect(await page.getByRole("button", { name: /Evict|Resize|Drain/ }).count()).toBe(0);
});

test("resizes and drains after it has asked once more, and says when it is refused", async () => {
  const pool = openPool({ name: "main", maxSize: 4 });
  const { url } = await site({ authorize: (_, { action }) => action !== "evict" });
  const page = await browser.open(`${url}#pool/main`);
  const details = page.getByRole("dialog");
  await details.getByLabel("Limit", { exact: true }).fill("9");
  await details.getByRole("button", { name: "Resize" }).click();
  expect(pool.stats.maxSize).toBe(4);
  await details.getByRole("button", { name: "Yes, resize" }).click();
  await details.getByText("Done: resize.").waitFor();
  expect(pool.stats.maxSize).toBe(9);

  await details.getByRole("button", { name: "Evict" }).click();
  await details.getByRole("button", { name: "Yes, evict" }).click();
  await details.getByText("Refused: you may not do this.").waitFor();

  await details.getByRole("button", { name: "Drain" }).click();
  await details.getByRole("button", { name: "Yes, drain" }).click();
  await eventually("the end of the pool", () => pool.stats.state === "closed" || undefined);
});

test("can be held still, and goes on with what is then", async () => {
  const pool = openPool({ name: "main", maxSize: 3 });
  const { url } = await site();
  const page = await browser.open(url);
  await eventually("a card that agrees", () => cardAgrees(page, pool));
  await page.getByRole("button", { name: "Pause" }).click();
  await hold(pool, "unseen so far");
  await page.getByText(/Paused: this is [2-9]\.\d+ s old/).waitFor();
  expect(await field(page, "main", "leased")).toBe("0");
  await page.getByRole("button", { name: "Resume" }).click();
  await eventually("a card that agrees again", () => cardAgrees(page, pool));
  expect(await field(page, "main", "leased")).toBe("1");
});
