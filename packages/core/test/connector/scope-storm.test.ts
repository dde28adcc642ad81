import { expect, test } from "vitest";
import type { Connector } from "../../src/connector/connector.js";
import { createRegistry } from "../../src/connector/create-registry.js";
import type { Scope } from "../../src/connector/scope.js";
import { isPoolError } from "../../src/errors.js";
import { settle } from "../support/manual-clock.js";
import { type Handle, MemoryBackend } from "../support/memory-backend.js";
import { randomFrom, seedOfRun, type Random } from "../support/random.js";

const ROUNDS = 150;
const STEPS = 100;
const PLACES = 3;
const first = seedOfRun();

test(`a scope under every order of calls has at most one live connector for a place, and closes each once (seed ${String(first)})`, async () => {
  const totals = { opened: 0, shared: 0, refused: 0, replaced: 0 };
  for (let round = 0; round < ROUNDS; round++) await storm(randomFrom(first + round), totals);
  expect(totals.opened).toBeGreaterThan(ROUNDS * PLACES);
  expect(totals.shared).toBeGreaterThan(ROUNDS * 10);
  expect(totals.refused).toBeGreaterThan(ROUNDS);
  expect(totals.replaced).toBeGreaterThan(ROUNDS);
});

interface Totals {
  opened: number;
  shared: number;
  refused: number;
  replaced: number;
}

async function storm(random: Random, totals: Totals): Promise<void> {
  const where = `seed ${String(random.seed)}`;
  const registry = createRegistry();
  const backends = Array.from({ length: PLACES }, () => unsteady(random));
  const made: Connector<Handle>[] = [];
  const calls: Promise<unknown>[] = [];
  const scope = registry.scope("storm");
  const closeAt = random.below(STEPS * 2);
  for (let step = 0; step < STEPS; step++) {
    const action = random.below(10);
    if (step === closeAt) calls.push(random.chance(0.5) ? scope.close() : registry.close());
    else if (action < 8) calls.push(borrow());
    else calls.push(random.pick(made.length === 0 ? [random.pick(backends).connector()] : made).disconnect());
    if (random.chance(0.6)) await pause(random);
    check();
  }
  await registry.close();
  await Promise.all(calls);
  await settle();
  check();
  expect(scope.count, where).toBe(0);
  for (const backend of backends) {
    expect(backend.live, where).toBe(0);
    expect(new Set(backend.closed).size, where).toBe(backend.opened.length);
    totals.opened += backend.opened.length;
    totals.replaced += Math.max(0, backend.opened.length - 1);
  }

  async function borrow(): Promise<void> {
    const place = random.below(PLACES);
    const candidate =
      random.chance(0.1) && made.length > 0
        ? random.pick(made)
        : backends[place]!.connector({ key: `place ${String(place)}` });
    made.push(candidate);
    const abort = new AbortController();
    if (random.chance(0.3)) void pause(random).then(() => abort.abort("enough"));
    try {
      const view = await scope.connect(random.chance(0.5) ? candidate : () => candidate, { signal: abort.signal });
      totals.shared++;
      // Another call may have closed it again before this one goes on, and then it says so.
      if (view.isConnected) expect(view.client.backend, where).toBe(backends[Number(view.key.slice("place ".length))]);
    } catch (error) {
      totals.refused++;
      expect(isPoolError(error) || error === "enough", `${where}: ${String(error)}`).toBe(true);
    }
  }

  function check(): void {
    for (const backend of backends) expect(backend.mostLive, where).toBeLessThanOrEqual(1);
    expect(scope.count, where).toBeLessThanOrEqual(PLACES);
    expect(liveOf(scope), where).toBeLessThanOrEqual(PLACES);
  }
}

function liveOf(scope: Scope): number {
  return scope.list().filter(({ state }) => state === "ready").length;
}

/** Opens at once or slowly, sometimes fails, sometimes comes although it was called off; closes slowly. */
function unsteady(random: Random): MemoryBackend {
  const backend = new MemoryBackend();
  backend.beforeOpen = async ({ signal }) => {
    await pause(random);
    if (random.chance(0.5)) signal.throwIfAborted();
    if (random.chance(0.25)) throw new Error("refused");
  };
  backend.beforeClose = () => pause(random);
  return backend;
}

/** A few turns of the promise queue, or of the loop. */
async function pause(random: Random): Promise<void> {
  if (random.chance(0.2)) await settle();
  else for (let turns = random.below(6); turns > 0; turns--) await Promise.resolve();
}
