import { expect, test } from "vitest";
import type { Connector } from "../../src/connector/connector.js";
import { createRegistry } from "../../src/connector/create-registry.js";
import type { Scope } from "../../src/connector/scope.js";
import { isPoolError } from "../../src/errors.js";
import { settle } from "../support/manual-clock.js";
import { type Handle, MemoryBackend } from "../support/memory-backend.js";
import { type Dice, diceFrom, seedOfRun } from "../support/dice.js";

const ROUNDS = 100;
const STEPS = 100;
const PLACES = 3;
const first = seedOfRun();

test(`a scope under every order of calls has at most one live connector for a place, and closes each once (seed ${String(first)})`, async () => {
  const totals = { opened: 0, shared: 0, refused: 0, replaced: 0 };
  for (let round = 0; round < ROUNDS; round++) await storm(diceFrom(first + round), totals);
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

async function storm(dice: Dice, totals: Totals): Promise<void> {
  const where = `seed ${String(dice.seed)}`;
  const registry = createRegistry();
  const backends = Array.from({ length: PLACES }, () => unsteady(dice));
  const made: Connector<Handle>[] = [];
  const calls: Promise<unknown>[] = [];
  const scope = registry.scope("storm");
  const closeAt = dice.below(STEPS * 2);
  for (let step = 0; step < STEPS; step++) {
    const action = dice.below(10);
    if (step === closeAt) calls.push(dice.chance(0.5) ? scope.close() : registry.close());
    else if (action < 8) calls.push(borrow());
    else calls.push(dice.pick(made.length === 0 ? [dice.pick(backends).connector()] : made).disconnect());
    if (dice.chance(0.6)) await pause(dice);
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
    const place = dice.below(PLACES);
    const candidate =
      dice.chance(0.1) && made.length > 0
        ? dice.pick(made)
        : backends[place]!.connector({ key: `place ${String(place)}` });
    made.push(candidate);
    const abort = new AbortController();
    if (dice.chance(0.3)) void pause(dice).then(() => abort.abort("enough"));
    try {
      const view = await scope.connect(dice.chance(0.5) ? candidate : () => candidate, { signal: abort.signal });
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
function unsteady(dice: Dice): MemoryBackend {
  const backend = new MemoryBackend();
  backend.beforeOpen = async ({ signal }) => {
    await pause(dice);
    if (dice.chance(0.5)) signal.throwIfAborted();
    if (dice.chance(0.25)) throw new Error("refused");
  };
  backend.beforeClose = () => pause(dice);
  return backend;
}

/** A few turns of the promise queue, or of the loop. */
async function pause(dice: Dice): Promise<void> {
  if (dice.chance(0.2)) await settle();
  else for (let turns = dice.below(6); turns > 0; turns--) await Promise.resolve();
}
