import { startRedis } from "@pool/testing";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../lib/random.ts";
import { enginesWith } from "../redis/engines.ts";
import { redisLoads } from "../redis/loads.ts";
import { detail, summary, verdicts } from "../redis/report.ts";
import { runRedisLoad, withThreads } from "../redis/run.ts";

const names = enginesWith(() => Promise.reject(new Error("nothing is opened here"))).map(({ name }) => name);
const packageUrl = new URL("../../packages/redis/src/index.ts", import.meta.url).href;

describe("the Redis benchmark", { timeout: 60_000 }, () => {
  it("measures every load on every contestant, who all read what is there", async () => {
    await using server = await startRedis({ own: true });
    await withThreads(names, { packageUrl, place: server }, async (threads) => {
      for (const load of redisLoads) {
        const options = { rounds: 1, warmup: 0, scale: 0, random: seededRandom(1) };
        const report = await runRedisLoad(load, threads, options);
        expect(report.figures.rate.map(({ name }) => name)).toEqual(names);
        for (const { cost } of report.figures.rate) expect(cost.median).toBeGreaterThan(0);
        expect(verdicts(report)).toHaveLength(load.callers === 10 ? 0 : 1);
        expect(detail(report)).toContain("| ours lent");
        expect(summary([report])).toContain(`| ${load.title} |`);
      }
    });
  });
});
