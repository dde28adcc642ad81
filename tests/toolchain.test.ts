import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { devDependencies: { node: string } };

test("runs on the Node that the root pins", () => {
  expect(process.version).toBe(`v${manifest.devDependencies.node}`);
});

test("can ask for a garbage collection", () => {
  expect(globalThis.gc).toBeTypeOf("function");
});

test("lends the source condition to the processes that a test starts", () => {
  expect(process.execArgv).toContain("--conditions=@pool/source");
});
