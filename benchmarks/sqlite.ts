import { parseArgs } from "node:util";
import { bundle } from "./lib/bundle.ts";
import { pick } from "./lib/pick.ts";
import { seededRandom } from "./lib/random.ts";
import { measuredOn, writeResults, writeSection } from "./lib/save.ts";
import { bare } from "./sqlite/bare.ts";
import { sqliteLoads } from "./sqlite/loads.ts";
import { nothing } from "./sqlite/nothing.ts";
import { ours, type SqlitePackage } from "./sqlite/ours.ts";
import { detail, mixedDetail, mixedVerdicts, summary, verdict } from "./sqlite/report.ts";
import { runMixed, runSqliteLoad, withSubjects, type MixedReport, type SqliteReport } from "./sqlite/run.ts";
import { countFor } from "./sqlite/statements.ts";
import type { SqliteEngine } from "./sqlite/subject.ts";
import { bareWorker, workerPool } from "./sqlite/threads.ts";

const peers: readonly SqliteEngine[] = [bareWorker, workerPool];

const HELP = `SQLite through @pool/sqlite, beside better-sqlite3 used bare and beside a generic-pool of worker threads.

  --only point,read-1        only these loads: ${sqliteLoads.map(({ name }) => name).join(" ")} mixed
  --engines "ours,bare worker"   only these: ours, ${peers.map(({ name }) => name).join(", ")} (bare always runs)
  --quick                    fewer rounds, fewer statements
  --rounds N                 rounds that count (15; of the mixed load a third of it)
  --seed N                   order of the contestants
  --dist                     the built package instead of the source in the tree
  --save                     write results/sqlite.json and RESULTS.md`;

const { values: args } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    engines: { type: "string" },
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    seed: { type: "string", default: "1" },
    dist: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** Ours is compiled only when it is wanted. */
async function engines(): Promise<readonly SqliteEngine[]> {
  const names = args.engines?.split(",") ?? ["ours", ...peers.map(({ name }) => name)];
  const others = [
    bare,
    ...pick(
      peers,
      names.filter((name) => name !== "ours" && name !== "bare"),
    ),
  ];
  if (!names.includes("ours")) return others;
  return [...others, ours((await import(args.dist ? "@pool/sqlite" : await bundle("sqlite"))) as SqlitePackage)];
}

async function main(): Promise<void> {
  if (args.help) {
    console.log(HELP);
    return;
  }
  const seed = Number(args.seed);
  const rounds = Number(args.rounds ?? (args.quick ? 4 : 15));
  const random = seededRandom(seed);
  const only = args.only?.split(",");
  const named = only?.filter((name) => name !== "mixed");
  const loads = named ? pick(sqliteLoads, named) : sqliteLoads;
  const contestants = await engines();

  const reports: SqliteReport[] = [];
  let together: MixedReport[] = [];
  await withSubjects(contestants, async (subjects) => {
    for (const load of loads) {
      const report = await runSqliteLoad(load, subjects, { rounds, warmup: 2, scale: args.quick ? 0.2 : 1, random });
      console.log(`${detail(report)}\n`);
      reports.push(report);
    }
    if (only && !only.includes("mixed")) return;
    const durationMs = args.quick ? 800 : 3_000;
    const control = await nothing.open("");
    together = await runMixed(new Map([[nothing.name, control], ...subjects]), {
      durationMs,
      slowCount: countFor(200),
      rounds: Math.ceil(rounds / 3),
      random,
    });
    console.log(`${mixedDetail(together)}\n`);
  });

  if (reports.length > 0) console.log(`${summary(reports)}\n`);
  console.log(`seed ${String(seed)}, ${String(rounds)} rounds; medians`);
  const results = reports.map((report) => ({ ...report, verdict: verdict(report) }));
  const mixed = { contestants: together, verdicts: mixedVerdicts(together) };
  console.log(`written to benchmarks/${writeResults("sqlite", { seed, rounds, results, mixed }, args.save)}`);
  if (args.save) writeSection("sqlite", [measuredOn(), summary(reports), mixedDetail(together)].join("\n\n"));
}

await main();
