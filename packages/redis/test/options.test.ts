import { readFileSync } from "node:fs";
import { describeOptions, type OptionTable, poolOptions, supervisionOptions } from "@pool/core";
import { expect, test } from "vitest";
import { redisOptions, sentinelOptions } from "../src/index.js";

const readme = rows(readFileSync(new URL("../README.md", import.meta.url), "utf8"));
// Those that are as they are everywhere else.
const shared = (name: string): boolean =>
  name in supervisionOptions || (name in poolOptions && !["name", "minIdle", "connectTimeout"].includes(name));

test.each<[string, OptionTable<object>]>([
  ["redis", Object.fromEntries(Object.entries(redisOptions).filter(([name]) => !shared(name)))],
  ["sentinel", sentinelOptions],
])("the README's table of %s is that of the code", (_, table) => {
  for (const row of rows(describeOptions(table))) expect(readme).toContain(row);
});

/** Rows of tables, without the padding of their columns. */
function rows(markdown: string): string[] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.replaceAll(/ +/g, " "));
}
