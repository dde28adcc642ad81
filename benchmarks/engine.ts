import { parseArgs } from "node:util";
import { allLoads } from "./engine/loads.ts";
import { ours, type Core } from "./engine/ours.ts";
import { peers } from "./engine/peers.ts";
import { detail, summary, verdict } from "./engine/report.ts";
import { runLoad, type LoadReport } from "./engine/run.ts";
import type { Engine } from "./engine/subject.ts";
import { bundle } from "./lib/bundle.ts";
import { pick } from "./lib/pick.ts";
import { seededRandom } from "./lib/random.ts";
import { measuredOn, writeResults, writeSection } from "./lib/save.ts";

const HELP = `The pool engine beside its peers and beside the bare limit, in one process.

  --only uncontended,tasks   only these loads: ${allLoads()
    .map(({ name }) => name)
    .join(" ")}
  --engines ours,limit       only these engines: ours ${peers.map(({ name }) => name).join(" ")} (the limit always runs)
  --quick                    fewer rounds
  --rounds N                 rounds that count (24; storms and memory a third of it)
  --seed N                   order of the engines
  --dist                     the built package instead of the source in the tree
  --save                     write results/engine.json and RESULTS.md`;

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
async function engines(): Promise<readonly Engine[]> {
  const names = args.engines?.split(",") ?? ["ours", ...peers.map(({ name }) => name)];
  const others = pick(
    peers,
    names.filter((name) => name !== "ours" && name !== "limit"),
  );
  if (!names.includes("ours")) return others;
  const core = (await import(args.dist ? "@pool/core" : await bundle("core"))) as Core;
  return [ours(core), ...others];
}

async function main(): Promise<void> {
  if (args.help) {
    console.log(HELP);
    return;
  }
  const seed = Number(args.seed);
  const rounds = Number(args.rounds ?? (args.quick ? 5 : 24));
  const options = {
    engines: await engines(),
    rounds,
    warmup: 1,
    budgetMs: args.quick ? 10 : 25,
    patienceMs: args.quick ? 200 : 4_000,
    random: seededRandom(seed),
  };
  const reports: LoadReport[] = [];
  for (const load of args.only === undefined ? allLoads() : pick(allLoads(), args.only.split(","))) {
    const report = await runLoad(load, options);
    console.log(`${detail(report)}\n`);
    reports.push(report);
  }
  console.log(
    `${summary(reports)}\n\nseed ${String(seed)}, ${String(rounds)} rounds; medians of the ratios inside a round`,
  );
  const results = reports.map((report) => ({ ...report, goal: verdict(report) }));
  console.log(`written to benchmarks/${writeResults("engine", { seed, rounds, results }, args.save)}`);
  if (args.save) writeSection("engine", `${measuredOn()}\n\n${summary(reports)}`);
}

await main();
// A pool that got stuck in a storm would keep the process alive.
process.exit();
