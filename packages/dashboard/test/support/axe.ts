import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with the page as it is, one line each. */
export async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(async (axe) => {
    // The page's own policy lets no script in; the debugger's does not ask it.
    if (!("axe" in globalThis)) (0, eval)(axe);
    const run = Reflect.get(globalThis, "axe") as { run: (options: object) => Promise<AxeResults> };
    return run.run({ resultTypes: ["violations"] });
  }, source);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`),
  );
}
