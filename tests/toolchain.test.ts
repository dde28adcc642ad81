import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { devDependencies: { node: string } };
const pinned = `v${manifest.devDependencies.node}`;

test("runs on the Node that the root pins, here and in the scripts of a package", async () => {
  expect(process.version).toBe(pinned);
  const { stdout } = await promisify(execFile)("node", ["--print", "process.version"], { cwd: "packages/core" });
  expect(stdout.trim()).toBe(pinned);
});

test("can ask for a garbage collection", () => {
  expect(globalThis.gc).toBeTypeOf("function");
});

test("starts children from source, whichever suffix their imports have", async () => {
  const folder = mkdtempSync(join("tests", ".children-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "part.ts"), "export const part: string = 'part';");
  writeFileSync(join(folder, "main.ts"), "import { part } from './part.js'; console.log(part satisfies string);");

  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, join(folder, "main.ts")]);
  expect(stdout).toBe("part\n");
});
