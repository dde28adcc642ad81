import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sharedPostgres, startRedis } from "@pool/testing";
import { files, type Manifest, packages, read } from "./workspace.ts";

/** A fenced ts block of a README: a module of its own, which runs on the packages as they are built. "ts no-run" is type-checked only. */
interface Block {
  readonly at: string;
  readonly name: string;
  readonly code: string;
  readonly runs: boolean;
}

const blocks = files.filter((file) => /^(packages\/[^/]+\/)?(?:README|LOCKS)\.md$/.test(file)).flatMap(blocksOf);
const unbuilt = packages.filter((each) => !existsSync(join(each.folder, "dist/index.js"))).map(({ short }) => short);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(resolve(".readme-blocks-"));
  for (const { name, code } of blocks) writeFileSync(join(folder, name), code);
  for (const [name, target] of modules()) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(resolve(target), link, "junction");
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the code of every README passes the type-check", { timeout: 120_000 }, () => {
  const { config } = ts.readConfigFile("tsconfig.base.json", read) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noUnusedLocals: false }, ".");
  const paths = blocks.map(({ name }) => join(folder, name));
  const program = ts.createProgram(paths, options);
  const complaints = blocks.flatMap(({ at }, index) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(paths[index]!)).map((found) => `${at}: ${describe(found)}`),
  );
  expect(complaints).toEqual([]);
});

test.each(blocks.filter(({ runs }) => runs))("the block at $at runs", async ({ name, code }) => {
  expect(unbuilt, "a README's code runs on the built packages: pnpm build").toEqual([]);
  await using server = code.includes("DATABASE_URL") ? await sharedPostgres() : undefined;
  await using cache = code.includes("REDIS_URL") ? await startRedis({ own: true }) : undefined;
  const urls = { ...(server && { DATABASE_URL: server.url }), ...(cache && { REDIS_URL: cache.url }) };
  const env = { ...process.env, ...urls };
  await promisify(execFile)(process.execPath, [join(folder, name)], { cwd: folder, timeout: 15_000, env });
});

/** A block starts in its file on the line it has in the README, so that errors name that line. */
function blocksOf(readme: string): Block[] {
  const lines = read(readme).split("\n");
  return lines.flatMap((line, start) => {
    const fence = /^```ts(?: (.*))?$/.exec(line);
    if (!fence) return [];
    const code = lines.slice(start + 1, lines.indexOf("```", start));
    return {
      at: `${readme}:${start + 1}`,
      name: `${readme.replaceAll("/", "-")}-${start + 1}.ts`,
      code: `${"\n".repeat(start + 1)}${code.join("\n")}\nexport {};\n`,
      runs: fence[1] !== "no-run",
    };
  });
}

/** What a block may import: every package of the workspace, and whatever one of them or an app depends on. */
function modules(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of files.filter((path) => /^(packages|apps)\/[^/]+\/package\.json$/.test(path))) {
    const { dependencies, devDependencies } = JSON.parse(read(file)) as Manifest;
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      const target = join(dirname(file), "node_modules", name);
      if (existsSync(target)) found.set(name, target);
    }
  }
  for (const { manifest, folder: own } of packages) found.set(manifest.name, own);
  return found;
}

function describe({ messageText, file, start }: ts.Diagnostic): string {
  const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
  return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
}
