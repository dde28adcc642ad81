// Packs the built package in the working directory as the registry would get it, and checks the tarball:
// only the agreed files are in it, its manifest tells the truth (publint), its types resolve (attw).
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const agreed = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^dist\/[\w.-]+\.(js|js\.map|d\.ts)$/,
  /^src\/([\w-]+\/)*[\w.-]+\.ts$/,
  // A page for browsers, and what it is made of.
  /^dist\/page\.html$/,
  /^src\/page\/([\w-]+\/)*([\w.-]+\.tsx|style\.css|index\.html|tsconfig\.json)$/,
];

const folder = mkdtempSync(join(tmpdir(), "pool-pack-"));
try {
  const packed = JSON.parse(tool("pnpm", "pack", "--json", "--pack-destination", folder));
  const files = packed.files.map((file) => file.path);
  const strangers = files.filter((file) => !agreed.some((pattern) => pattern.test(file)));
  const needed = ["README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"];
  if (existsSync("src/page")) needed.push("dist/page.html");
  const missing = needed.filter((file) => !files.includes(file));
  if (strangers.length) fail(`${packed.name}: packs what it should not: ${strangers.join(", ")}`);
  if (missing.length) fail(`${packed.name}: does not pack ${missing.join(", ")}`);
  tool("publint", "run", packed.filename, "--strict");
  tool("attw", packed.filename, "--profile", "esm-only", "--format", "ascii", "--no-emoji");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function tool(program, ...args) {
  const done = spawnSync(program, args, { encoding: "utf8", shell: process.platform === "win32" });
  if (done.status !== 0)
    fail(`${program} ${args.join(" ")}\n${done.stdout ?? ""}${done.stderr ?? done.error?.message}`);
  return done.stdout;
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
