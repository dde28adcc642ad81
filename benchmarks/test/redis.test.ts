import * as poolRedis from "@pool/redis";
import { startRedis } from "@pool/testing";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../lib/random.ts";
import { redisLoads, VALUE } from "../redis/loads.ts";
import { lent, ours } from "../redis/ours.ts";
import { peers, plain } from "../redis/peers.ts";
import { detail, summary, verdicts } from "../redis/report.ts";
import { runRedisLoad, withSubjects } from "../redis/run.ts";

const engines = [plain, ours(poolRedis), lent(poolRedis), ...peers];
const names = engines.map(({ name }) => name);

describe("the Redis benchmark", { timeout: 60_000 }, () => {
  it("measures every load on every contestant, who all read what is there", async () => {
    await using server = await startRedis({ own: true });
    await withSubjects(engines, server, async (subjects) => {
      for (const subject of subjects.values()) expect(await subject.get("item:7")).toBe(VALUE);
      for (const load of redisLoads) {
        const options = { rounds: 1, warmup: 0, scale: 0, random: seededRandom(1) };
        const report = await runRedisLoad(load, subjects, options);
        expect(report.figures.rate.map(({ name }) => name)).toEqual(names);
        for (const { cost } of report.figures.rate) expect(cost.median).toBeGreaterThan(0);
        expect(verdicts(report)).toHaveLength(load.callers === 10 ? 0 : 1);
        expect(detail(report)).toContain("| ours lent");
        expect(summary([report])).toContain(`| ${load.title} |`);
      }
    });
  });
});
