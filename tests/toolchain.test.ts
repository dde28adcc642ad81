import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";

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

test("installs missing servers only where it can and may; else it names the command", async () => {
  const { decide } = (await import(new URL("../scripts/servers.mjs", import.meta.url).href)) as { decide: Decide };
  const missing = [
    { debian: "postgresql", brew: "postgresql@17" },
    { debian: "etcd-server", brew: "etcd" },
  ];
  const bare = { canInstall: true, platform: "linux" };
  expect(decide(missing, bare)).toEqual({
    install: ["postgresql", "etcd-server"],
    say: expect.stringContaining("installing postgresql, etcd-server") as string,
  });
  expect(decide([], bare).install).toBeUndefined();

  const command = "run: apt-get install --no-install-recommends postgresql etcd-server";
  const decision = decide(missing, { ...bare, canInstall: false });
  expect(decision).toEqual({ say: expect.stringContaining(command) as string });
  const mac = decide(missing, { canInstall: false, platform: "darwin" });
  expect(mac.say).toContain("run: brew install postgresql@17 etcd");
});

test("packages are installed only as root, with apt-get on the path, and while nobody forbids it", async () => {
  const { canInstall } = (await import(new URL("../scripts/apt.mjs", import.meta.url).href)) as {
    canInstall: () => boolean;
  };
  const folder = mkdtempSync(join(tmpdir(), "pool-apt-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "apt-get"), "");
  const uid = vi.spyOn(process, "getuid").mockReturnValue(0);
  vi.stubEnv("PATH", folder);
  vi.stubEnv("POOL_TEST_NO_INSTALL", "");
  expect(canInstall()).toBe(true);
  vi.stubEnv("POOL_TEST_NO_INSTALL", "1");
  expect(canInstall()).toBe(false);
  vi.stubEnv("POOL_TEST_NO_INSTALL", "");
  vi.stubEnv("PATH", join(folder, "absent"));
  expect(canInstall()).toBe(false);
  vi.stubEnv("PATH", folder);
  uid.mockReturnValue(1000);
  expect(canInstall()).toBe(false);
});

type Decide = (
  missing: readonly { debian: string; brew: string }[],
  machine: { canInstall: boolean; platform: string },
) => { say: string; install?: string[] };
