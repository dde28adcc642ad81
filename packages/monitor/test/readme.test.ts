import { readFileSync } from "node:fs";
import { describeOptions, type OptionTable } from "@pool/core";
import { expect, test } from "vitest";
import { monitorOptions, ruleOptions, webhookOptions } from "../src/index.js";
import { METRICS } from "../src/alerts/measures.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const section = (name: string): string | undefined =>
  new RegExp(`<!-- ${name} -->\\n([^]*?)<!-- /${name} -->`).exec(readme)?.[1];

test.each<[string, OptionTable<object>]>([
  ["options", monitorOptions],
  ["rules", ruleOptions],
  ["webhook", webhookOptions],
])("documents every field of %s as its table says", (name, table) => {
  expect(section(name)).toBe(`${describeOptions(table)}\n`);
});

test("names every metric that a rule may look at", () => {
  for (const metric of Object.keys(METRICS)) expect(readme).toContain(`\`${metric}\``);
});
