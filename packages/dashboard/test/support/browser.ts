import { browserPath } from "@pool/testing";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";

// Nothing that a browser does for itself on the net.
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
}

/** One Chromium for the tests of a file, each with a page and a profile of its own. */
export function useBrowser(): { open: (url: string, options?: PageOptions) => Promise<Page> } {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: browserPath(), args: QUIET, timeout: 60_000 });
  }, 90_000);
  afterAll(() => browser.close());
  return { open: (url, options = {}) => openPage(browser, url, options) };
}

/** Waits until what is shown is of now. */
export async function live(page: Page): Promise<void> {
  await page.locator(".status.live").waitFor();
}

/** Opens the page. When the test is over, it must have thrown nothing, violated no policy, and asked nobody but its own server. */
async function openPage(browser: Browser, url: string, options: PageOptions): Promise<Page> {
  const { width = 1280, height = 900, scheme = "light" } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("console", (message) => {
    const isRefused = /net::ERR_|status of (?:40|50)\d/.test(message.text()); // what tests cause on purpose
    if (message.type() === "error" && !isRefused) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith("data:"))
      complaints.push(`asked for ${request.url()}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(url);
  return page;
}
