import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createPool } from "../../src/pool/create-pool.js";
import type { AcquireOptions } from "../../src/pool/pool.js";
import { isPoolError } from "../../src/errors.js";
import { FakeBackend, type FakeResource } from "../support/fake-backend.js";
import { seededRandom } from "../support/random.js";
import { expectCountsToAddUp, poolErrorOf } from "../support/pool.js";

/** Keeps the loop from turning, as a long computation does. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it("keeps its promises on the system's clock, with a loop that is blocked now and then", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = seededRandom(seed);
  const told = `seed ${String(seed)}`;
  const backend = new FakeBackend({
    create: async (context) => {
      await sleep(random() * 10);
      if (random() < 0.1) throw new Error("refused");
      if (random() < 0.05) setTimeout(() => context.lost(new Error("reset")), random() * 100);
    },
    validate: () => sleep(random() * 3),
    reset: async () => {
      await sleep(random() * 3);
      if (random() < 0.02) throw new Error("cannot reset");
    },
    close: () => sleep(random() * 3),
  });
  const pool = createPool(backend, { maxSize: 5, validateIfIdleFor: 5, maxWaiting: Infinity });
  const inUse = new Set<FakeResource>();
  const counts = { served: 0, late: 0, aborted: 0, unavailable: 0 };
  const until = performance.now() + 2_000;
  // On a machine that has no time for this test, as long as it takes to have seen enough.
  const goesOn = (): boolean =>
    performance.now() < until || (counts.served <= 100 && performance.now() < until + 30_000);

  async function worker(): Promise<void> {
    while (goesOn()) {
      const timeout = 1 + Math.floor(random() * 60);
      const controller = new AbortController();
      const abort = setTimeout(() => controller.abort(), random() * 200);
      const start = performance.now();
      try {
        using lease = await pool.acquire({ timeout, signal: controller.signal });
        const { resource } = lease;
        expect(inUse.has(resource), told).toBe(false);
        expect(resource.closes, told).toBe(0);
        inUse.add(resource);
        await sleep(random() * 8);
        if (random() < 0.1) block(random() * 20);
        inUse.delete(resource);
        if (random() < 0.05) lease.destroy();
        counts.served++;
      } catch (error) {
        if (isPoolError(error, "ACQUIRE_TIMEOUT")) {
          expect(performance.now() - start, told).toBeGreaterThanOrEqual(timeout - 1.5); // a timer of Node may be 1 ms early
          counts.late++;
        } else if (controller.signal.aborted && error === controller.signal.reason) counts.aborted++;
        else if (isPoolError(error, "UNAVAILABLE")) {
          counts.unavailable++;
          await sleep(20);
        } else throw error;
      } finally {
        clearTimeout(abort);
      }
    }
  }

  await Promise.all(Array.from({ length: 20 }, worker));
  expectCountsToAddUp(pool);
  expect(backend.most, told).toBeLessThanOrEqual(5);
  expect(pool.stats, told).toMatchObject({ waiting: 0, leased: 0 });
  expect(counts.served, told).toBeGreaterThan(100);
  expect(counts.late, told).toBeGreaterThan(0);
  await pool.close();
  expect(backend.live, told).toBe(0);
  expect(
    backend.opened.every((resource) => resource.closes === 1),
    told,
  ).toBe(true);
});

it.each([
  ["behind another's, in a turn that has been blocked", "normal"],
  ["of another priority", "low"],
] as const)("does not cut a wait %s", async (_which, priority) => {
  const pool = createPool(new FakeBackend(), { maxSize: 1, acquireTimeout: 100 });
  const lease = await pool.acquire();
  const waits = async (options?: AcquireOptions): Promise<number> => {
    const start = performance.now();
    const error = await poolErrorOf(pool.acquire(options), "ACQUIRE_TIMEOUT");
    expect(error.message).toContain("within 100 ms");
    return performance.now() - start;
  };
  const first = waits();
  block(150);
  const second = waits({ priority });
  const third = waits();
  block(50);
  const fourth = waits();
  for (const waited of await Promise.all([first, second, third, fourth])) {
    expect(waited).toBeGreaterThanOrEqual(98.5);
    expect(waited).toBeLessThan(5_000);
  }
  lease.release();
  await pool.close();
});

it("does not take the length of a turn that serves one after the other for the hold of the last", async () => {
  const pool = createPool(
    { kind: "plain", create: () => Promise.resolve({}), close: () => undefined },
    { maxSize: 1, maxWaiting: 1_000 },
  );
  const first = await pool.acquire();
  const startedAt = performance.now();
  let heldMs = NaN;
  const count = 900;
  const all = Array.from({ length: count }, async (_, i) => {
    const lease = await pool.acquire({ timeout: 60_000 });
    block(0.5);
    if (i === count - 1) heldMs = pool.holders()[0]?.heldMs ?? NaN;
    lease.release();
  });
  first.release();
  await Promise.all(all);
  // The clock is read anew after 256 loans.
  expect(heldMs).toBeLessThan((performance.now() - startedAt) / 2);
  await pool.close();
});
