import type * as poolTesting from "@pool/testing";
import { bare, ours, type EtcdPackage } from "./etcd/engines.ts";
import { etcdLoads } from "./etcd/loads.ts";
import { summary, verdict } from "./etcd/report.ts";
import { BASELINE, runEtcdLoad, withEtcd, type EtcdReport } from "./etcd/run.ts";
import { bundle } from "./lib/bundle.ts";
import { readCommandLine, type CommandLine } from "./lib/command-line.ts";
import { pick } from "./lib/pick.ts";
import { seededRandom } from "./lib/random.ts";
import { measuredOn, writeResults, writeSection } from "./lib/save.ts";

const args = readCommandLine({
  name: "etcd",
  title: "etcd through @pool/etcd, beside etcd3 used bare, on one server.",
  loads: etcdLoads.map(({ name }) => name),
  peers: [],
  always: BASELINE,
  quick: "fewer rounds, fewer calls",
  rounds: { usual: 15, quick: 4, note: "" },
});

async function main({ seed, rounds, quick, only, save, dist }: CommandLine): Promise<void> {
  const random = seededRandom(seed);
  const engine = ours((await import(dist ? "@pool/etcd" : await bundle("etcd"))) as EtcdPackage);
  const { startEtcd } = (await import(dist ? "@pool/testing" : await bundle("testing"))) as typeof poolTesting;
  await using server = await startEtcd({ own: true });
  const reports: EtcdReport[] = [];
  await withEtcd([bare, engine], server.url, async (subjects) => {
    for (const load of only === undefined ? etcdLoads : pick(etcdLoads, only)) {
      reports.push(await runEtcdLoad(load, subjects, { rounds, warmup: 2, scale: quick ? 0.3 : 1, random }));
      console.log(`${summary(reports.slice(-1))}\n`);
    }
  });
  const text = summary(reports);
  console.log(`${text}\n\nseed ${String(seed)}, ${String(rounds)} rounds; medians of the ratios inside a round`);
  const results = reports.map((report) => ({ ...report, verdict: verdict(report) }));
  console.log(`written to benchmarks/${writeResults("etcd", { seed, rounds, results }, save)}`);
  if (save) writeSection("etcd", [measuredOn(), text].join("\n\n"));
}

if (args) await main(args);
