import { bundle } from "./lib/bundle.ts";
import { readCommandLine, type CommandLine } from "./lib/command-line.ts";
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

const args = readCommandLine({
  name: "sqlite",
  title: "SQLite through @pool/sqlite, beside better-sqlite3 used bare and beside a generic-pool of worker threads.",
  loads: [...sqliteLoads.map(({ name }) => name), "mixed"],
  peers: peers.map(({ name }) => name),
  always: "bare",
  quick: "fewer rounds, fewer statements",
  rounds: { usual: 15, quick: 4, note: "; of the mixed load a third of it" },
});

/** Ours is compiled only when it is wanted. */
async function enginesOf({ engines, dist }: CommandLine): Promise<readonly SqliteEngine[]> {
  const names = engines ?? ["ours", ...peers.map(({ name }) => name)];
  const others = [
    bare,
    ...pick(
      peers,
      names.filter((name) => name !== "ours" && name !== "bare"),
    ),
  ];
  if (!names.includes("ours")) return others;
  return [...others, ours((await import(dist ? "@pool/sqlite" : await bundle("sqlite"))) as SqlitePackage)];
}

async function main(given: CommandLine): Promise<void> {
  const { seed, rounds, quick, only, save } = given;
  const random = seededRandom(seed);
  const named = only?.filter((name) => name !== "mixed");
  const loads = named ? pick(sqliteLoads, named) : sqliteLoads;
  const contestants = await enginesOf(given);

  const reports: SqliteReport[] = [];
  let together: MixedReport[] = [];
  await withSubjects(contestants, async (subjects) => {
    for (const load of loads) {
      const report = await runSqliteLoad(load, subjects, { rounds, warmup: 6, scale: quick ? 0.2 : 1, random });
      console.log(`${detail(report)}\n`);
      reports.push(report);
    }
    if (only && !only.includes("mixed")) return;
    const durationMs = quick ? 800 : 3_000;
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
  console.log(`written to benchmarks/${writeResults("sqlite", { seed, rounds, results, mixed }, save)}`);
  if (save) writeSection("sqlite", [measuredOn(), summary(reports), mixedDetail(together)].join("\n\n"));
}

if (args) await main(args);
