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

test("installs missing servers only as root, with apt-get and while nobody forbids it; else it names the command", async () => {
  const { decide } = (await import(new URL("../scripts/servers.mjs", import.meta.url).href)) as { decide: Decide };
  const missing = [
    { debian: "postgresql", brew: "postgresql@17" },
    { debian: "etcd-server", brew: "etcd" },
  ];
  const bare = { isRoot: true, hasApt: true, mayInstall: true, platform: "linux" };
  expect(decide(missing, bare)).toEqual({
    install: ["postgresql", "etcd-server"],
    say: expect.stringContaining("installing postgresql, etcd-server") as string,
  });
  expect(decide([], bare).install).toBeUndefined();

  const command = "run: apt-get install --no-install-recommends postgresql etcd-server";
  for (const lacking of ["isRoot", "hasApt", "mayInstall"]) {
    const decision = decide(missing, { ...bare, [lacking]: false });
    expect(decision).toEqual({ say: expect.stringContaining(command) as string });
  }
  const mac = decide(missing, { ...bare, isRoot: false, hasApt: false, platform: "darwin" });
  expect(mac.say).toContain("run: brew install postgresql@17 etcd");
});

type Decide = (
  missing: readonly { debian: string; brew: string }[],
  machine: { isRoot: boolean; hasApt: boolean; mayInstall: boolean; platform: string },
) => { say: string; install?: string[] };
