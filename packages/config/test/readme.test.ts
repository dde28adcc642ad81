import { readFileSync } from "node:fs";
import { describeOptions } from "@pool/core";
import { expect, test } from "vitest";
import { environmentOptions, loadOptions } from "../src/index.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("documents every option of loadConnectors in the README as the table says", () => {
  const [, table] = /<!-- options -->\n([^]*?)<!-- \/options -->/.exec(readme) ?? [];
  expect(table).toBe(`${describeOptions(loadOptions)}\n`);
});

test("documents every option of loadEnvironment in the README as the table says", () => {
  const [, table] = /<!-- environment -->\n([^]*?)<!-- \/environment -->/.exec(readme) ?? [];
  expect(table).toBe(`${describeOptions(environmentOptions)}\n`);
});
