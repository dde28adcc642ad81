import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { onTestFinished } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds the package as `tsup.base.ts` does, with core in it, into a folder from where the driver can be found.
 * @returns the folder; its `index.js` is the package
 */
export async function buildPackage(name: string): Promise<string> {
  const outDir = join(root, "node_modules", ".cache", `${name}-${process.pid}`);
  const entry = {
    index: join(root, "src/index.ts"),
    "sqlite.child": join(root, "src/helper/sqlite.child.ts"),
    "sqlite.worker": join(root, "src/helper/sqlite.worker.ts"),
  };
  await build({
    entry,
    outDir,
    config: false,
    format: "esm",
    target: "node22",
    platform: "node",
    splitting: true,
    treeshake: true,
    removeNodeProtocol: false,
    external: ["better-sqlite3"],
    noExternal: ["@pool/core"],
    silent: true,
    esbuildOptions: (options) => {
      options.conditions = ["@pool/source"];
    },
  });
  return outDir;
}

export const removeBuilt = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** A program that was started. */
export interface Program {
  readonly child: ChildProcess;
  /** All that it has printed, once it has ended. */
  readonly output: Promise<string>;
}

/** A program of its own that uses the built package as `sqlite`. Resolves with the first that it prints, or at its end. */
export async function program(built: string, script: string, ...args: string[]): Promise<Program> {
  const source = `import { sqlite } from ${JSON.stringify(join(built, "index.js"))};\n${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source, ...args], {
    cwd: root,
    // A test runner's start may add places where modules are found.
    env: { ...process.env, NODE_PATH: "" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const closed = once(child, "close");
  await Promise.race([once(child.stdout, "data"), closed]);
  return { child, output: closed.then(() => printed) };
}
