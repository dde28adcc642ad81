import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeOptions } from "@pool/core";
import { cacheOptions, memoryStoreOptions } from "../src/index.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test.each([
  ["options", describeOptions(cacheOptions)],
  ["memory", describeOptions(memoryStoreOptions)],
])("documents the %s in the README as their table says", (name, table) => {
  const [, written] = new RegExp(`<!-- ${name} -->\\n([^]*?)<!-- /${name} -->`).exec(readme) ?? [];
  expect(written).toBe(`${table}\n`);
});
