import * as poolPostgres from "@pool/postgres";
import * as facade from "@pool/postgres/pg";
import { startPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../lib/random.ts";
import { measureDrift } from "../postgres/drift.ts";
import { postgresLoads } from "../postgres/loads.ts";
import { asPgPool, leased, shared } from "../postgres/ours.ts";
import { peers, pgPool } from "../postgres/peers.ts";
import { detail, driftDetail, driftVerdicts, summary, verdicts } from "../postgres/report.ts";
import { PGBENCH, runPostgresLoad, withPools } from "../postgres/run.ts";
import { benchOf, startServer } from "../postgres/server.ts";
import { ROW_COUNT } from "../postgres/statements.ts";

const engines = [pgPool, leased(poolPostgres), asPgPool(facade), shared(poolPostgres), ...peers];
/** A hundred callers who read a thousand rows each would take most of the time, and be no other code. */
const loads = postgresLoads.filter(({ name }) => name !== "rows-100");
const names = engines.map(({ name }) => name);

describe("the PostgreSQL benchmark", { timeout: 120_000 }, () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startServer({ startPostgres });
  });

  afterAll(() => server[Symbol.asyncDispose]());

  it("measures every load on every contestant", async () => {
    await using pgbench = await benchOf(server);
    const all = pgbench ? [...names, PGBENCH] : names;
    const options = { rounds: 1, warmup: 0, scale: 0, random: seededRandom(1), pgbench };
    await withPools(engines, server, async (subjects) => {
      for (const load of loads) {
        const report = await runPostgresLoad(load, subjects, options);
        expect(report.figures.rate.map(({ name }) => name)).toEqual(all);
        for (const { cost } of report.figures.rate) expect(cost.median).toBeGreaterThan(0);
        for (const { name, cost } of report.figures.cpu) if (name !== PGBENCH) expect(cost.median).toBeGreaterThan(0);
        expect(verdicts(report)).toHaveLength(load.statement === "rows" ? 1 : 2);
        expect(detail(report)).toContain("| ours shared");
        expect(summary([report])).toContain(`| ${load.title} |`);
      }
    });
  });

  it("finds the same rows with everybody", async () => {
    await withPools(engines, server, async (subjects) => {
      const answers = [...subjects.values()].map(async (subject) =>
        JSON.stringify([await subject.point(42), await subject.prepared(42), await subject.rows()]),
      );
      const [first = "", ...others] = await Promise.all(answers);
      const [point, prepared, rows] = JSON.parse(first) as [unknown, unknown, unknown[]];
      expect(point).toEqual({ id: 42, name: "item number 42", price: "52.50", created_at: "2026-01-01T00:42:00.000Z" });
      expect(prepared).toEqual(point);
      expect(rows).toHaveLength(ROW_COUNT);
      for (const other of others) expect(other).toBe(first);
    });
  });

  it("compares the first and the last of a long run", async () => {
    const drift = { durationMs: 300, windowMs: 100, warmupMs: 50 };
    await withPools([pgPool, leased(poolPostgres)], server, async (subjects) => {
      const reports = [];
      for (const [name, subject] of subjects) reports.push(await measureDrift(name, subject, drift));
      for (const { first, last } of reports) {
        expect(first.cpu).toBeGreaterThan(0);
        expect(last.rate).toBeGreaterThan(0);
      }
      expect(driftVerdicts(reports)).toHaveLength(1);
      expect(driftDetail(reports)).toContain("| ours");
    });
  });
});
