import type * as poolTesting from "@pool/testing";
import { bundle } from "./lib/bundle.ts";
import { readCommandLine, type CommandLine } from "./lib/command-line.ts";
import { pick } from "./lib/pick.ts";
import { seededRandom } from "./lib/random.ts";
import { measuredOn, writeResults, writeSection } from "./lib/save.ts";
import { redisLoads } from "./redis/loads.ts";
import { lent, ours, type RedisPackage } from "./redis/ours.ts";
import { peers, plain } from "./redis/peers.ts";
import { detail, summary, verdicts } from "./redis/report.ts";
import { BASELINE, type RedisReport, runRedisLoad, withSubjects } from "./redis/run.ts";
import type { RedisEngine } from "./redis/subject.ts";

const args = readCommandLine({
  name: "redis",
  title: "Redis through @pool/redis, beside ioredis, node-redis and generic-pool, on one server.",
  loads: redisLoads.map(({ name }) => name),
  peers: ["ours lent", ...peers.map(({ name }) => name)],
  always: BASELINE,
  quick: "fewer rounds, fewer commands",
  rounds: { usual: 15, quick: 4, note: "" },
});

/** Ours is compiled from the tree, unless the build is wanted. */
async function enginesOf({ engines: names, dist }: CommandLine): Promise<readonly RedisEngine[]> {
  const package_ = (await import(dist ? "@pool/redis" : await bundle("redis"))) as RedisPackage;
  const all = [ours(package_), lent(package_), ...peers];
  if (names === undefined) return [plain, ...all];
  return [
    plain,
    ...pick(
      all,
      names.filter((name) => name !== BASELINE),
    ),
  ];
}

async function main(given: CommandLine): Promise<void> {
  const { seed, rounds, quick, only, save, dist } = given;
  const contestants = await enginesOf(given);
  const testing = (await import(dist ? "@pool/testing" : await bundle("testing"))) as typeof poolTesting;
  await using server = await testing.startRedis({ own: true });
  const loads = only === undefined ? redisLoads : pick(redisLoads, only);
  const reports: RedisReport[] = [];
  await withSubjects(contestants, server, async (subjects) => {
    for (const load of loads) {
      const options = { rounds, warmup: 2, scale: quick ? 0.3 : 1, random: seededRandom(seed) };
      const report = await runRedisLoad(load, subjects, options);
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
