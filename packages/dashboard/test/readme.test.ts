import { readFileSync } from "node:fs";
import { describeOptions } from "@pool/core";
import { expect, test } from "vitest";
import { dashboardOptions } from "../src/index.js";

test("documents every option in the README as the table says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, table] = /<!-- options -->\n([^]*?)<!-- \/options -->/.exec(readme) ?? [];
  expect(table).toBe(`${describeOptions(dashboardOptions)}\n`);
});
