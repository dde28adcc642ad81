import { execFile } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packages, read } from "./workspace.ts";

const run = promisify(execFile);
const script = resolve("scripts/new-adapter.mjs");

/** A workspace of its own inside this one, so that a generated adapter finds the root's tools and leaves nothing behind. */
let folder: string;
let adapter: string;

beforeAll(async () => {
  folder = mkdtempSync(resolve("tests/.adapter-"));
  adapter = join(folder, "packages/my-store");
  await run(process.execPath, [script, "my-store", "--into", folder]);
  mkdirSync(join(folder, "node_modules/@pool"), { recursive: true });
  for (const name of ["core", "testing"]) {
    symlinkSync(resolve("packages", name), join(folder, "node_modules/@pool", name), "junction");
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the generated adapter keeps its contract, and passes its other tests", { timeout: 60_000 }, async () => {
  const report = join(folder, "report.json");
  const vitest = ["vitest", "run", "--root", folder, "--config", resolve("vitest.config.ts")];
  // Of the runner that runs this test, the one inside must not know.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$)/.test(name)),
  );
  await run("npx", [...vitest, "--reporter=json", `--outputFile=${report}`], { env });

  const { numPassedTests, numTotalTests, testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    numPassedTests: number;
    numTotalTests: number;
    testResults: { name: string }[];
  };
  expect(testResults.map(({ name }) => name.slice(adapter.length + 1)).sort()).toEqual([
    "test/contract.test.ts",
    "test/my-store.test.ts",
  ]);
  expect(numTotalTests).toBeGreaterThan(40);
  expect(numPassedTests).toBe(numTotalTests);
});

test.each(["class", "delete", "pool", "Upper", "a--b", "sample"])("no adapter is made by the name %s", async (name) => {
  const failed = await run(process.execPath, [script, name, "--into", folder]).catch((error: unknown) => error);
  expect((failed as { stderr: string }).stderr).toMatch(/choose another|Usage/);
  expect(globSync(join(folder, "packages", name))).toEqual([]);
});

test("the generated adapter passes the type-check", () => {
  const { config } = ts.readConfigFile("tsconfig.base.json", read) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ".");
  const paths = globSync(`${adapter}/{src,test}/*.ts`);
  const program = ts.createProgram(paths, options);
  const complaints = paths.flatMap((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`),
  );
  expect(paths.length).toBeGreaterThan(5);
  expect(complaints).toEqual([]);
});

test("the generated adapter has the manifest of a package, and no word of the template", () => {
  const { manifest } = packages.find(({ short }) => short === "core")!;
  const made = JSON.parse(readFileSync(join(adapter, "package.json"), "utf8")) as Record<string, unknown>;
  expect(made).toMatchObject({ name: "@pool/my-store", exports: manifest.exports, scripts: manifest.scripts });
  expect(made).not.toHaveProperty("private");
  const files = globSync(`${adapter}/**/*.*`);
  expect(files.filter((file) => /sample/i.test(file.slice(folder.length) + readFileSync(file, "utf8")))).toEqual([]);
});

test.each([
  ["no name", [], /Usage: pnpm new:adapter NAME/],
  ["two names", ["one", "two"], /Usage/],
  ["a name that is no package's", ["My_Store"], /lower-case words with hyphens/],
  ["a name that is taken", ["core"], /packages.core is there already/],
])("refuses %s", async (_what, args, complaint) => {
  await expect(run(process.execPath, [script, ...args])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(complaint) as string,
  });
});

test("the code in ADAPTERS.md is that of the files it names", () => {
  const blocks = [...read("ADAPTERS.md").matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)];
  expect(blocks.length).toBe(read("ADAPTERS.md").match(/^```ts$/gm)?.length);
  const strange = blocks.filter(([, file = "", code = ""]) => !read(file).includes(code)).map(([, file]) => file);
  expect(strange).toEqual([]);
});
