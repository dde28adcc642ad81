import { expect, test } from "vitest";
import { isPoolError } from "../../src/errors.js";
import { settle } from "../support/manual-clock.js";
import { MemoryBackend, untilAborted } from "../support/memory-backend.js";
import { type Dice, diceFrom, seedOfRun } from "../support/dice.js";

const ROUNDS = 100;
const STEPS = 120;
const first = seedOfRun();

test(`one connector under every order of calls keeps at most one client, and closes each once (seed ${String(first)})`, async () => {
  const totals = { opened: 0, refused: 0, ready: 0 };
  for (let round = 0; round < ROUNDS; round++) await storm(diceFrom(first + round), totals);
  // The storm is one only if it reaches every case.
  expect(totals.opened).toBeGreaterThan(ROUNDS * 3);
  expect(totals.refused).toBeGreaterThan(ROUNDS);
  expect(totals.ready).toBeGreaterThan(ROUNDS * 3);
});

async function storm(dice: Dice, totals: { opened: number; refused: number; ready: number }): Promise<void> {
  const backend = unsteady(dice);
  const connector = backend.connector();
  const where = `seed ${String(dice.seed)}`;
  const calls: Promise<unknown>[] = [];
  const call = (work: Promise<unknown>): void => {
    const checked = work.then(
      () => totals.ready++,
      (error: unknown) => {
        totals.refused++;
        expect(isPoolError(error) || error === "enough", `${where}: ${String(error)}`).toBe(true);
      },
    );
    calls.push(checked);
  };
  for (let step = 0; step < STEPS; step++) {
    const abort = new AbortController();
    const options = dice.chance(0.5) ? {} : { signal: abort.signal };
    const action = dice.below(7);
    if (action < 3) call(connector.connect(options));
    else if (action === 3) call(connector.disconnect(dice.chance(0.5) ? {} : { timeout: dice.below(50) }));
    else if (action === 4) call(connector.restart(options));
    else if (action === 5) call(connector.healthCheck(options));
    if (dice.chance(0.5)) await pause(dice);
    if (dice.chance(0.3)) abort.abort("enough");
    check();
  }
  await connector.disconnect();
  await Promise.all(calls);
  await settle();
  check();
  expect(connector.state, where).toBe("closed");
  expect(backend.live, where).toBe(0);
  expect(new Set(backend.closed).size, where).toBe(backend.opened.length);
  totals.opened += backend.opened.length;

  function check(): void {
    expect(backend.mostLive, where).toBeLessThanOrEqual(1);
    expect(connector.isConnected, where).toBe(connector.state === "ready");
    if (connector.isConnected) expect(backend.closed.includes(connector.client), where).toBe(false);
  }
}

/** Opens slowly or at once, fails, heeds its signal or does not; closes slowly or with an error. */
function unsteady(dice: Dice): MemoryBackend {
  const backend = new MemoryBackend();
  backend.beforeOpen = async ({ signal }) => {
    if (dice.chance(0.3)) await Promise.race([pause(dice), dice.chance(0.5) ? untilAborted(signal) : pause(dice)]);
    await pause(dice);
    if (dice.chance(0.2)) throw new Error("refused");
  };
  backend.beforeClose = () => pause(dice);
  backend.onCheck = () => pause(dice);
  return backend;
}

/** A few turns of the promise queue, or of the loop. */
async function pause(dice: Dice): Promise<void> {
  if (dice.chance(0.2)) await settle();
  else for (let turns = dice.below(6); turns > 0; turns--) await Promise.resolve();
}
