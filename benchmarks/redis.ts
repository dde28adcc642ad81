import type * as poolTesting from "@pool/testing";
import { bundle } from "./lib/bundle.ts";
import { readCommandLine, type CommandLine } from "./lib/command-line.ts";
import { pick } from "./lib/pick.ts";
import { seededRandom } from "./lib/random.ts";
import { measuredOn, writeResults, writeSection } from "./lib/save.ts";
import { redisLoads } from "./redis/loads.ts";
import { LENT, OURS } from "./redis/ours.ts";
import { peers } from "./redis/peers.ts";
import { detail, summary, verdicts } from "./redis/report.ts";
import { BASELINE, type RedisReport, runRedisLoad, warmUp, withThreads } from "./redis/run.ts";

const args = readCommandLine({
  name: "redis",
  title: "Redis through @pool/redis, beside ioredis, node-redis and generic-pool, on one server.",
  loads: redisLoads.map(({ name }) => name),
  peers: [LENT, ...peers.map(({ name }) => name)],
  always: BASELINE,
  quick: "fewer rounds, fewer commands",
  rounds: { usual: 25, quick: 10, note: "" },
});

/** Whose threads are started, the baseline first. */
function namesOf({ engines: names }: CommandLine): readonly string[] {
  const others = [OURS, LENT, ...peers.map(({ name }) => name)];
  return [BASELINE, ...(names?.filter((name) => name !== BASELINE) ?? others)];
}

async function main(given: CommandLine): Promise<void> {
  const { seed, rounds, quick, only, save, dist } = given;
  // Ours is compiled from the tree, unless the build is wanted.
  const packageUrl = dist ? import.meta.resolve("@pool/redis") : await bundle("redis");
  const testing = (await import(dist ? "@pool/testing" : await bundle("testing"))) as typeof poolTesting;
  await using server = await testing.startRedis({ own: true });
  const loads = only === undefined ? redisLoads : pick(redisLoads, only);
  const reports: RedisReport[] = [];
  await withThreads(namesOf(given), { packageUrl, place: server }, async (threads) => {
    await warmUp(redisLoads, threads, quick ? 1_000 : 20_000);
    for (const load of loads) {
      const options = { rounds, warmup: 2, scale: quick ? 0.3 : 1, random: seededRandom(seed) };
      const report = await runRedisLoad(load, threads, options);
      console.log(`${detail(report)}\n`);
      reports.push(report);
    }
  });
  const text = summary(reports);
  console.log(`${text}\n\nseed ${String(seed)}, ${String(rounds)} rounds; medians of the ratios inside a round`);
  const results = reports.map((report) => ({ ...report, verdicts: verdicts(report) }));
  console.log(`written to benchmarks/${writeResults("redis", { seed, rounds, results }, save)}`);
  if (save) writeSection("redis", [measuredOn(), text].join("\n\n"));
}

if (args) await main(args);
