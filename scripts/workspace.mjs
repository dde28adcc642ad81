// What the entry commands share: the root folder, the pinned pnpm, and an install that is skipped when nothing changed.
// Runs on whatever Node the machine has (20 or newer) before anything is installed, so it imports node: modules only.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const windows = process.platform === "win32";
const stampFile = join(root, "node_modules", ".install-stamp");
const pinned = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;

/** The pinned pnpm: the one on the PATH if it is of that version, else through npx. */
function pnpmCommand() {
  const onPath = spawnSync("pnpm", ["--version"], { cwd: root, encoding: "utf8", shell: windows });
  return `pnpm@${onPath.stdout?.trim()}` === pinned ? ["pnpm"] : ["npx", "--yes", pinned];
}

let command;

/** Runs pnpm in the root and resolves with its exit code. */
export function pnpm(...args) {
  command ??= pnpmCommand();
  return run([...command, ...args]);
}

/** Runs a program with this terminal, hands signals on to it, and resolves with its exit code. */
export function run([program, ...args], { cwd = root, env = {} } = {}) {
  const quiet = { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
  // Every program and each of the many that tests start finds there what Node has compiled for the one before.
  const compiled = { NODE_COMPILE_CACHE: join(root, ".cache", "compile") };
  const child = spawn(program, args, {
    cwd,
    stdio: "inherit",
    shell: windows,
    env: { ...compiled, ...process.env, ...quiet, ...env },
  });

  // Once: a terminal gives its Ctrl-C to the child itself, and a second signal would read as "now, at once".
  let told = false;
  const handOn = (signal) => {
    const fromTerminal = signal === "SIGINT" && process.stdin.isTTY;
    if (!told && !fromTerminal) child.kill(signal);
    told = true;
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, handOn);

  return new Promise((resolve) => {
    const settle = (code) => {
      for (const signal of signals) process.off(signal, handOn);
      resolve(code);
    };
    child.once("error", (error) => {
      console.error(`cannot run ${program}: ${error.message}`);
      settle(127);
    });
    child.once("exit", (code, signal) => settle(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

/** Installs the workspace unless the last install was for the same manifests, lockfile and machine. */
export async function install() {
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp()) return;
  console.log(`Installing with ${pinned} …`);
  const code = await pnpm("install", process.env.CI ? "--frozen-lockfile" : "--prefer-frozen-lockfile");
  if (code !== 0) {
    console.error("The install failed; the lines above say why.");
    process.exit(code);
  }
  writeFileSync(stampFile, stamp());
}

function stamp() {
  const folders = ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name)),
  );
  const manifests = [".", ...folders, "benchmarks", "examples"].map((folder) => join(folder, "package.json"));
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${pinned}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(file).update(readFileSync(path));
  }
  return hash.digest("hex");
}
