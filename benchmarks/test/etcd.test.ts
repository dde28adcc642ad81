import * as poolEtcd from "@pool/etcd";
import { startEtcd } from "@pool/testing";
import { expect, it } from "vitest";
import { bare, ours } from "../etcd/engines.ts";
import { etcdLoads } from "../etcd/loads.ts";
import { summary, verdict } from "../etcd/report.ts";
import { runEtcdLoad, withEtcd } from "../etcd/run.ts";
import { seededRandom } from "../lib/random.ts";

it("the etcd benchmark measures every load on both", { timeout: 120_000 }, async () => {
  await using server = await startEtcd();
  const options = { rounds: 1, warmup: 0, scale: 0, random: seededRandom(1) };
  await withEtcd([bare, ours(poolEtcd)], server.url, async (subjects) => {
    for (const load of etcdLoads) {
      const report = await runEtcdLoad(load, subjects, options);
      expect(report.figures.rate.map(({ name }) => name)).toEqual(["etcd3", "ours"]);
      for (const { cost } of [...report.figures.rate, ...report.figures.cpu]) expect(cost.median).toBeGreaterThan(0);
      expect(verdict(report).figure).toBeGreaterThan(0);
      expect(summary([report])).toContain(`| ${load.title}`);
    }
  });
});
