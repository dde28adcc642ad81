import { bundle } from "./lib/bundle.ts";
import { readCommandLine, type CommandLine } from "./lib/command-line.ts";
import { pick } from "./lib/pick.ts";
import { seededRandom } from "./lib/random.ts";
import { measuredOn, writeResults, writeSection } from "./lib/save.ts";
import { monitorLoads } from "./monitor/loads.ts";
import { detail, runMonitorLoad, type MonitorReport } from "./monitor/run.ts";
import { prepareServer } from "./monitor/server.ts";
import type { TestingPackage } from "./postgres/server.ts";

const args = readCommandLine({
  name: "monitor",
  title: "What watching costs: @pool/monitor off, on and with stacks, beside @opentelemetry/instrumentation-pg.",
  loads: monitorLoads.map(({ name }) => name),
  peers: [],
  always: "all contestants",
  quick: "fewer rounds, fewer operations",
  rounds: { usual: 31, quick: 4, note: "" },
});

async function main({ seed, rounds, quick, only, save }: CommandLine): Promise<void> {
  const random = seededRandom(seed);
  await using server = await prepareServer((await import(await bundle("testing"))) as TestingPackage);
  const reports: MonitorReport[] = [];
  for (const load of only === undefined ? monitorLoads : pick(monitorLoads, only)) {
    const scaled = quick ? { ...load, count: Math.round(load.count / 4) } : load;
    const report = await runMonitorLoad(scaled, server.url, { rounds, warmup: quick ? 1 : 4, random });
    console.log(`${detail(report)}\n`);
    reports.push(report);
  }
  console.log(`seed ${String(seed)}, ${String(rounds)} rounds; medians of the differences inside a round`);
  console.log(`written to benchmarks/${writeResults("monitor", { seed, rounds, reports }, save)}`);
  if (save) writeSection("monitor", [measuredOn(), ...reports.map(detail)].join("\n\n"));
}

if (args) await main(args);
