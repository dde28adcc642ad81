// Everything that must hold on every change, in order, with one closing line that counts the tests:
//   checks.mjs [FILTER…]            servers, build, lint, format, types, package checks, tests (of the files whose path holds a FILTER)
//   checks.mjs --only faults|soak   the long runs, which have commands of their own
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { servers } from "./servers.mjs";
import { run } from "./workspace.mjs";

const args = process.argv.slice(2);
const mode = args[0] === "--only" ? args[1] : undefined;
const filters = args.slice(mode ? 2 : 0);

const counts = { passed: 0, failed: 0, skipped: 0 };
const stages = mode
  ? [
      ["servers", servers],
      [`${mode} tests`, () => vitest("--mode", mode)],
    ]
  : [
      ["servers", servers],
      ["build, lint, format, types, packages", turbo],
      ["tests", vitest],
    ];

const broken = [];
for (const [name, stage] of stages) {
  console.log(`\n── ${name}`);
  const began = performance.now();
  const code = await stage();
  const took = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`── ${name}: ${code === 0 ? "ok" : "FAILED"} in ${took} s`);
  if (code !== 0) broken.push(name);
  if (code !== 0 && stage === servers) break; // every test that needs one would only say so again
}

if (broken.length > 0) console.log(`\nFailed: ${broken.join("; ")}`);
// A stage that broke without a failed test (a lint error, an unhandled rejection) must not read as "0 failed".
const failed = Math.max(counts.failed, broken.length);
console.log(`\n${counts.passed} passed, ${failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ""}`);
process.exitCode = failed === 0 ? 0 : 1;

function turbo() {
  const tasks = ["build", "check", "lint:all", "format:all", "typecheck:all"];
  return run(["turbo", "run", ...tasks, "--continue", "--output-logs=errors-only"]);
}

async function vitest(...options) {
  const folder = mkdtempSync(join(tmpdir(), "pool-tests-"));
  const report = join(folder, "report.json");
  try {
    const reports = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await run(["vitest", "run", ...options, ...filters, ...reports]);
    count(report);
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(report) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return console.log("vitest left no report");
  }
  counts.passed += results.numPassedTests;
  // A file that does not load has no tests of its own to fail.
  const unloaded = results.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  counts.failed += results.numFailedTests + unloaded.length;
  counts.skipped += results.numPendingTests + results.numTodoTests;
}
