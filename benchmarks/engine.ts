import { allLoads } from "./engine/loads.ts";
import { ours, type Core } from "./engine/ours.ts";
import { peers } from "./engine/peers.ts";
import { detail, summary, verdict } from "./engine/report.ts";
import { runLoad, type LoadReport } from "./engine/run.ts";
import type { Engine } from "./engine/subject.ts";
import { bundle } from "./lib/bundle.ts";
import { readCommandLine, type CommandLine } from "./lib/command-line.ts";
import { pick } from "./lib/pick.ts";
import { seededRandom } from "./lib/random.ts";
import { measuredOn, writeResults, writeSection } from "./lib/save.ts";

const args = readCommandLine({
  name: "engine",
  title: "The pool engine beside its peers and beside the bare limit, in one process.",
  loads: allLoads().map(({ name }) => name),
  peers: peers.map(({ name }) => name),
  always: "the limit",
  quick: "fewer rounds",
  rounds: { usual: 24, quick: 5, note: "; storms and memory a third of it" },
});

/** Ours is compiled only when it is wanted. */
async function enginesOf({ engines, dist }: CommandLine): Promise<readonly Engine[]> {
  const names = engines ?? ["ours", ...peers.map(({ name }) => name)];
  const others = pick(
    peers,
    names.filter((name) => name !== "ours" && name !== "limit"),
  );
  if (!names.includes("ours")) return others;
  const core = (await import(dist ? "@pool/core" : await bundle("core"))) as Core;
  return [ours(core), ...others];
}

async function main(given: CommandLine): Promise<void> {
  const { seed, rounds, quick, only, save } = given;
  const options = {
    engines: await enginesOf(given),
    rounds,
    warmup: 1,
    budgetMs: quick ? 10 : 25,
    patienceMs: quick ? 200 : 4_000,
    random: seededRandom(seed),
  };
  const reports: LoadReport[] = [];
  for (const load of only === undefined ? allLoads() : pick(allLoads(), only)) {
    const report = await runLoad(load, options);
    console.log(`${detail(report)}\n`);
    reports.push(report);
  }
  console.log(
    `${summary(reports)}\n\nseed ${String(seed)}, ${String(rounds)} rounds; medians of the ratios inside a round`,
  );
  const results = reports.map((report) => ({ ...report, goal: verdict(report) }));
  console.log(`written to benchmarks/${writeResults("engine", { seed, rounds, results }, save)}`);
  if (save) writeSection("engine", `${measuredOn()}\n\n${summary(reports)}`);
}

if (args) await main(args);
// A pool that got stuck in a storm would keep the process alive.
process.exit();
