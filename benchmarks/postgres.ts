import { bundle } from "./lib/bundle.ts";
import { readCommandLine, type CommandLine } from "./lib/command-line.ts";
import { pick } from "./lib/pick.ts";
import { seededRandom, shuffled } from "./lib/random.ts";
import { measuredOn, writeResults, writeSection } from "./lib/save.ts";
import { DRIFT, measureDrift, type DriftReport } from "./postgres/drift.ts";
import { postgresLoads } from "./postgres/loads.ts";
import { asPgPool, leased, shared, type PgFacade, type PostgresPackage } from "./postgres/ours.ts";
import { peers, pgPool } from "./postgres/peers.ts";
import { detail, driftDetail, driftVerdicts, summary, verdicts } from "./postgres/report.ts";
import { BASELINE, PGBENCH, runPostgresLoad, withPools, type PostgresReport } from "./postgres/run.ts";
import { benchOf, startServer, type TestingPackage } from "./postgres/server.ts";
import type { PostgresEngine } from "./postgres/subject.ts";

const OWN = ["ours", "ours as pg.Pool", "ours shared"];

const args = readCommandLine({
  name: "postgres",
  title: "PostgreSQL through @pool/postgres, beside pg.Pool, postgres.js, generic-pool and pgbench, on one server.",
  loads: postgresLoads.map(({ name }) => name),
  peers: [...OWN.slice(1), ...peers.map(({ name }) => name), PGBENCH],
  always: BASELINE,
  quick: "fewer rounds, fewer statements",
  rounds: { usual: 15, quick: 4, note: "" },
  own: { drift: "a minute of saturation for each contestant as well", "no-loads": "nothing but --drift" },
});

/** Ours is compiled from the tree, unless the build is wanted. */
async function enginesOf({ engines: names, dist }: CommandLine): Promise<readonly PostgresEngine[]> {
  const entry = dist ? "@pool/postgres" : await bundle("postgres");
  const facade = dist ? "@pool/postgres/pg" : new URL("pg.js", entry).href;
  const ours = (await import(entry)) as PostgresPackage;
  const all = [leased(ours), asPgPool((await import(facade)) as PgFacade), shared(ours), ...peers];
  if (names === undefined) return [pgPool, ...all];
  const wanted = names.filter((name) => name !== BASELINE && name !== PGBENCH);
  return [pgPool, ...pick(all, wanted)];
}

async function main(given: CommandLine): Promise<void> {
  const { seed, rounds, quick, only, save, own } = given;
  const random = seededRandom(seed);
  const contestants = await enginesOf(given);
  const testing = (await import(given.dist ? "@pool/testing" : await bundle("testing"))) as TestingPackage;
  await using server = await startServer(testing);
  await using found = (given.engines?.includes(PGBENCH) ?? true) ? await benchOf(server) : undefined;
  const loads = own.has("no-loads") ? [] : only === undefined ? postgresLoads : pick(postgresLoads, only);

  const reports: PostgresReport[] = [];
  const drifts: DriftReport[] = [];
  await withPools(contestants, server, async (subjects) => {
    for (const load of loads) {
      const options = { rounds, warmup: 2, scale: quick ? 0.3 : 1, random, pgbench: found };
      const report = await runPostgresLoad(load, subjects, options);
      console.log(`${detail(report)}\n`);
      reports.push(report);
    }
    if (!own.has("drift") && !own.has("no-loads")) return;
    for (const [name, subject] of shuffled([...subjects], random)) {
      drifts.push(await measureDrift(name, subject, DRIFT));
    }
  });

  const parts = [
    ...(reports.length > 0 ? [summary(reports)] : []),
    ...(drifts.length > 0 ? [driftDetail(drifts)] : []),
  ];
  console.log(
    `${parts.join("\n\n")}\n\nseed ${String(seed)}, ${String(rounds)} rounds; medians of the ratios inside a round`,
  );
  const results = reports.map((report) => ({ ...report, verdicts: verdicts(report) }));
  const drift = { contestants: drifts, verdicts: driftVerdicts(drifts) };
  console.log(`written to benchmarks/${writeResults("postgres", { seed, rounds, results, drift }, save)}`);
  if (save) writeSection("postgres", [measuredOn(), ...parts].join("\n\n"));
}

if (args) await main(args);
