import { readFileSync } from "node:fs";
import { describeOptions, poolOptions, supervisionOptions } from "@pool/core";
import { expect, test } from "vitest";
import { postgresOptions, replicaOptions, sharedOptions } from "../src/index.js";

const readme = rows(readFileSync(new URL("../README.md", import.meta.url), "utf8"));

test.each([
  [
    "postgres",
    Object.fromEntries(
      Object.entries(postgresOptions).filter(([name]) => !(name in poolOptions) && !(name in supervisionOptions)),
    ),
  ],
  ["replicas", replicaOptions],
  ["shared", sharedOptions],
])("the README's table of %s is that of the code", (_, table) => {
  for (const row of rows(describeOptions(table as typeof postgresOptions))) expect(readme).toContain(row);
});

/** Rows of tables, without the padding of their columns. */
function rows(markdown: string): string[] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.replaceAll(/ +/g, " "));
}
