import * as core from "@pool/core";
import { describe, expect, it } from "vitest";
import { allLoads } from "../engine/loads.ts";
import { ours } from "../engine/ours.ts";
import { peers } from "../engine/peers.ts";
import { detail, summary, verdict } from "../engine/report.ts";
import { runLoad, type RunOptions } from "../engine/run.ts";
import { seededRandom } from "../lib/random.ts";

const options: RunOptions = {
  engines: [ours(core), ...peers],
  rounds: 1,
  warmup: 0,
  budgetMs: 0,
  patienceMs: 60_000,
  random: seededRandom(1),
};

describe("the engine benchmark", { timeout: 60_000 }, () => {
  it.each(allLoads(0.005))("measures ours beside the limit: $title", async (load) => {
    const report = await runLoad(load, options);
    const names = report.outcomes.map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(["limit", "ours"]);
    // In the storms of aborts only one peer takes part; elsewhere all that have what the load asks for.
    expect(names.length).toBeGreaterThanOrEqual(3);
    for (const { cost, ratio } of report.outcomes) {
      expect(cost.median).toBeGreaterThan(0);
      expect(ratio.min).toBeLessThanOrEqual(ratio.max);
    }
    expect(report.unusable).toEqual([]);
    expect(verdict(report)?.goal).toBe(load.goal);
    expect(detail(report)).toContain("| ours");
    expect(summary([report]).split("\n")).toHaveLength(names.length + 3);
  });
});
