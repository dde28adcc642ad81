import * as poolSqlite from "@pool/sqlite";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../lib/random.ts";
import { bare } from "../sqlite/bare.ts";
import { sqliteLoads } from "../sqlite/loads.ts";
import { ours } from "../sqlite/ours.ts";
import { detail, mixedDetail, mixedVerdicts, summary, verdict } from "../sqlite/report.ts";
import { runMixed, runSqliteLoad, withSubjects } from "../sqlite/run.ts";
import { countFor } from "../sqlite/statements.ts";
import { bareWorker, workerPool } from "../sqlite/threads.ts";

const engines = [bare, bareWorker, workerPool, ours(poolSqlite)];
const names = engines.map(({ name }) => name);

describe("the SQLite benchmark", { timeout: 60_000 }, () => {
  it("measures every load on every contestant", async () => {
    await withSubjects(engines, async (subjects) => {
      for (const load of sqliteLoads) {
        const report = await runSqliteLoad(load, subjects, { rounds: 1, warmup: 0, scale: 0, random: seededRandom(1) });
        expect(report.outcomes.map(({ name }) => name)).toEqual(names);
        for (const { cost } of report.outcomes) expect(cost.median).toBeGreaterThan(0);
        expect(verdict(report)?.goal.endsWith(`≤ ${String(load.goal?.most)} µs`)).toBe(load.goal && true);
        expect(detail(report)).toContain("| ours");
        expect(summary([report]).split("\n")).toHaveLength(names.length + 3);
      }
    });
  });

  it("finds the rows it asks for", async () => {
    await withSubjects(engines, async (subjects) => {
      for (const subject of subjects.values()) {
        expect(await subject.points(3)).toBe(1 + 7920 + 5839);
        expect(await subject.read(42)).toMatchObject({ id: 42, name: "item number 42" });
        expect(await subject.slow(1000)).toBe(1000);
      }
    });
  });

  it("mixes long reads, point reads and writes", async () => {
    await withSubjects(engines, async (subjects) => {
      const options = { durationMs: 200, slowCount: countFor(20), rounds: 1, random: seededRandom(1) };
      const reports = await runMixed(subjects, options);
      expect(reports.map(({ name }) => name)).toEqual(names);
      for (const { figures } of reports) {
        for (const figure of Object.values(figures)) expect(figure.median).toBeGreaterThan(0);
      }
      expect(mixedVerdicts(reports)).toHaveLength(2);
      expect(mixedDetail(reports)).toContain("| ours");
    });
  });
});
