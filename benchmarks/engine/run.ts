import { inRounds, turnOfTheLoop, type Contestant, type Outcome } from "../lib/rounds.ts";
import { limit, stormLimit } from "./limit.ts";
import { driversFor, type Drivers } from "./load-for.ts";
import { POOL_SIZE, type Load } from "./loads.ts";
import { bytesPerWaiter } from "./memory.ts";
import { mean } from "../lib/statistics.ts";
import { STORM_TIMEOUT_MS } from "./storm.ts";
import type { Unit } from "./steady.ts";
import type { Engine, Subject } from "./subject.ts";

export interface RunOptions {
  readonly engines: readonly Engine[];
  readonly rounds: number;
  /** Rounds before them that do not count. */
  readonly warmup: number;
  /** Time for each measurement of a load that can be repeated, in ms. */
  readonly budgetMs: number;
  /** Time after which a slow engine sits out the rest of a load, in ms. */
  readonly patienceMs: number;
  readonly random: () => number;
}

export interface LoadReport {
  readonly load: Load;
  readonly outcomes: readonly Outcome[];
  /** Engines whose pool lends nothing any more, or counts wrongly, after a storm. */
  readonly unusable: readonly string[];
}

/** Measures one load on every engine that can do it, beside the limit. */
export async function runLoad(load: Load, options: RunOptions): Promise<LoadReport> {
  const unusable = new Set<string>();
  const storms = load.work.kind === "storm";
  const able = [storms ? stormLimit : limit, ...options.engines.filter((engine) => canDo(engine, load))];
  // One pool and one loop for all rounds: code is compiled for the objects that it saw, and thrown away with them.
  const pools = new Map<string, Subject<unknown>>();
  const loops = new Map<string, Loop>();
  for (const engine of able) {
    pools.set(engine.name, await openPool(engine, load));
    loops.set(engine.name, loopOf(load, await driversFor(engine.name)));
  }
  const contestants = able.map(({ name }): Contestant => ({
    name,
    async measure(warming) {
      const pool = pools.get(name);
      const loop = loops.get(name);
      if (!pool || !loop || unusable.has(name)) return undefined;
      const { cost, usable } = await loop(pool, { budgetMs: options.budgetMs, warming });
      if (!usable) unusable.add(name);
      return cost;
    },
  }));
  // What takes long is measured a third as often.
  const rounds = storms || load.work.kind === "memory" ? Math.ceil(options.rounds / 3) : options.rounds;
  const { random, patienceMs, warmup } = options;
  const outcomes = await inRounds(contestants, { rounds, warmup, baseline: limit.name, random, patienceMs });
  await Promise.all([...pools.values()].map(closed));
  return { load, outcomes, unusable: [...unusable] };
}

function canDo(engine: Engine, { work, timeout }: Load): boolean {
  if (work.kind === "storm" && work.storm !== "timeouts") return engine.aborts;
  return engine.timesOut || (work.kind !== "storm" && timeout === undefined);
}

/** Every resource of it is open already. */
async function openPool(engine: Engine, { work, timeout }: Load): Promise<Subject<unknown>> {
  const pool = engine.open({
    size: POOL_SIZE,
    timeout: work.kind === "storm" ? STORM_TIMEOUT_MS : timeout,
    waiters: work.count + POOL_SIZE,
  });
  const leases = await Promise.all(Array.from({ length: POOL_SIZE }, () => pool.acquire()));
  for (const lease of leases) pool.release(lease);
  await turnOfTheLoop();
  return pool;
}

/** Of one measurement: so many that several collections of the young generation fall into it. With three cheap ones it was chance whether any did, on either side. */
const STORMS = { timeouts: 3, "aborts-shared": 12, "aborts-each": 3 };
/** Storms until the code of most engines is compiled for good. */
const WARMING_STORMS = 8;

/** Measures a load once, on the pool it is given. */
type Loop = (
  pool: Subject<unknown>,
  how: { readonly budgetMs: number; readonly warming: boolean },
) => Promise<{ cost: number; usable: boolean }>;

function loopOf({ work }: Load, { steady, storm }: Drivers): Loop {
  switch (work.kind) {
    case "storm": {
      const once = storm.storms(work.storm, work.count, POOL_SIZE);
      return async (pool, { warming }) => {
        // A single storm is as dear as the collections that happen to fall into it. The first does not count: see below.
        const costs: number[] = [];
        for (let i = 0; i < (warming ? WARMING_STORMS : 1 + STORMS[work.storm]); i++) {
          const { cost, rejected, usable } = await once(pool);
          if (!usable || rejected !== work.count) return { cost: mean([...costs, cost]), usable: false };
          if (i > 0) costs.push(cost);
        }
        return { cost: mean(costs), usable: true };
      };
    }
    case "memory":
      return async (pool) => ({ cost: await bytesPerWaiter(pool, work.count, POOL_SIZE), usable: true });
    default: {
      const whole = unitOf(work, steady);
      const tenth = unitOf({ ...work, count: work.count / 10 }, steady);
      return async (pool, { budgetMs, warming }) => {
        // First a tenth for nothing: the collection before this may have thrown compiled code away.
        const warm = await steady.timed(tenth, pool, warming ? 16 * budgetMs : budgetMs / 3);
        return { cost: warming ? warm : await steady.timed(whole, pool, budgetMs), usable: true };
      };
    }
  }
}

type SteadyWork = Extract<Load["work"], { kind: "uncontended" | "tasks" | "burst" }>;

function unitOf(work: SteadyWork, { uncontended, tasks, burst }: Drivers["steady"]): Unit {
  switch (work.kind) {
    case "uncontended":
      return uncontended(work.count);
    case "tasks":
      return tasks(work.count, work.borrows);
    case "burst":
      return burst(work.count);
  }
}

/** A pool that got stuck would never close: a second is enough for it. */
async function closed(subject: Subject<unknown>): Promise<void> {
  await Promise.race([subject.close(), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
}
