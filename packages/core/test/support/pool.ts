import { expect } from "vitest";
import { createPool } from "../../src/pool/create-pool.js";
import type { Lease } from "../../src/pool/lease.js";
import type { PoolOptions } from "../../src/pool/options.js";
import type { Pool } from "../../src/pool/pool.js";
import { PoolError } from "../../src/errors.js";
import { FakeBackend, type FakeBehaviour, type FakeResource } from "./fake-backend.js";
import { ManualClock, settle } from "./manual-clock.js";

export interface TestPool {
  readonly pool: Pool<FakeResource>;
  readonly backend: FakeBackend;
  readonly clock: ManualClock;
}

/** A pool over a {@link FakeBackend}, with a clock that the test moves and no chance. */
export function testPool(options: PoolOptions = {}, behaviour: FakeBehaviour = {}): TestPool {
  const clock = options.clock instanceof ManualClock ? options.clock : new ManualClock();
  const backend = new FakeBackend(behaviour);
  const pool = createPool(backend, { name: "test", random: () => 0, ...options, clock });
  return { pool, backend, clock };
}

/** Borrows `count` resources at once. */
export function borrow(pool: Pool<FakeResource>, count: number): Promise<Lease<FakeResource>[]> {
  return Promise.all(Array.from({ length: count }, () => pool.acquire()));
}

// A lease that nobody holds is found by garbage collection, and its resource closed: a test that only wants one taken keeps it here.
const kept: Lease<FakeResource>[] = [];

/** Borrows for the rest of the test. */
export async function hold(pool: Pool<FakeResource>): Promise<Lease<FakeResource>> {
  const lease = await pool.acquire();
  kept.push(lease);
  return lease;
}

/** What has become of a promise by now. */
export interface Outcome<T> {
  state: "pending" | "resolved" | "rejected";
  value?: T;
  error?: unknown;
}

/** Watches a promise without waiting for it. */
export function watch<T>(promise: Promise<T>): Outcome<T> {
  const outcome: Outcome<T> = { state: "pending" };
  promise.then(
    (value) => Object.assign(outcome, { state: "resolved", value }),
    (error: unknown) => Object.assign(outcome, { state: "rejected", error }),
  );
  return outcome;
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = watch(promise);
  await promise.catch(() => undefined);
  expect(outcome.state, "expected a rejection").toBe("rejected");
  return outcome.error;
}

/** The {@link PoolError} that a promise rejects with; anything else fails the test. */
export async function poolErrorOf(promise: Promise<unknown>, code: string): Promise<PoolError> {
  const error = await errorOf(promise);
  if (!(error instanceof PoolError)) throw new Error("expected a PoolError", { cause: error });
  expect(error.code).toBe(code);
  return error;
}

/** Holds when the counts of a pool add up, as stats.ts promises. */
export function expectCountsToAddUp(pool: Pool<unknown>): void {
  const { size, idle, leased, connecting, validating, resetting, closing, totals } = pool.stats;
  expect(size, "size").toBe(idle + leased + connecting + validating + resetting + closing);
  expect(totals.acquired, "acquired").toBe(totals.released + totals.destroyed + totals.dropped + leased);
  expect(totals.created, "created").toBe(totals.closed + idle + leased + validating + resetting);
  const reasons = Object.values(totals.closedBy).reduce((sum, count) => sum + count, 0);
  expect(reasons, "closedBy").toBe(totals.closed);
}

export { settle };
