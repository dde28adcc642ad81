import { startPostgres } from "@pool/testing";
import { expect, it } from "vitest";
import { seededRandom } from "../lib/random.ts";
import { monitorLoads } from "../monitor/loads.ts";
import { detail, runMonitorLoad } from "../monitor/run.ts";
import { prepareServer } from "../monitor/server.ts";

/** Each is a process; the others are these with another setting. */
const CHOSEN = {
  lease: ["ours, monitor on"],
  query: ["pg.Pool, instrumentation-pg"],
};

it("the monitor benchmark measures who is watched beside who is not", { timeout: 120_000 }, async () => {
  await using server = await prepareServer({ startPostgres });
  for (const load of monitorLoads) {
    const contestants = load.contestants.filter(
      ({ name }) => name === load.baseline || CHOSEN[load.name].includes(name),
    );
    const options = { rounds: 1, warmup: 0, random: seededRandom(1) };
    const report = await runMonitorLoad({ ...load, contestants, count: 200 }, server.url, options);
    expect(report.outcomes.map(({ name }) => name).sort()).toEqual([load.baseline, ...CHOSEN[load.name]].sort());
    for (const { cost, ratio } of report.outcomes) {
      expect(cost.median).toBeGreaterThan(0);
      expect(ratio.min).toBeLessThanOrEqual(ratio.max);
    }
    if (load.name === "lease") expect(detail(report)).toMatch(/\| ours, monitor on +\|.*≤ 1.5: (met|MISSED)/);
  }
});
