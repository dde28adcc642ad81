import { describe, expect, test } from "vitest";
import { lockTests, runLockContract, type LockUnderTest } from "../src/index.js";
import { locksUnderTest } from "./backend/locks-under-test.js";
import { brokenLocks, type BrokenLock } from "./broken/locks.js";

// A promise that is broken by waiting for ever costs this much of the test's time.
const PATIENCE_MS = 1_000;
// On a machine that is short of time everything is late: what should be kept is tried again with this much patience.
const LONG_PATIENCE_MS = 20_000;

describe("broken locks break their promises, each is named, and no other one", () => {
  test.concurrent.each(brokenLocks)("$fault", { timeout: 120_000 }, async (broken) => {
    const { broken: found } = await runLockContract(locksUnderTest(broken, PATIENCE_MS));
    const seen = new Set<string>();
    for (const { promise, message } of found) {
      expect(message).toContain(`broken promise: ${promise} — `);
      if (broken.breaks.includes(promise) || !(await isKept(broken, promise))) seen.add(promise);
    }
    for (const promise of broken.mayBreak ?? []) seen.delete(promise);
    expect([...seen].sort(), found.map(({ message }) => message).join("\n")).toEqual([...broken.breaks].sort());
  });
});

test("every promise about locks is broken by one of the broken ones", () => {
  const broken = new Set(brokenLocks.flatMap(({ breaks }) => breaks));
  expect([...broken].sort()).toEqual(
    lockTests(locksUnderTest())
      .map(({ promise }) => promise)
      .sort(),
  );
});

test("what a backend cannot be made to do is not checked", () => {
  const { store, lock }: LockUnderTest = locksUnderTest();
  const checked = lockTests({ store, lock }).map(({ promise }) => promise);
  expect(checked.filter((promise) => /silent|deleted/.test(promise))).toEqual([]);
  expect(checked.length).toBe(lockTests(locksUnderTest()).length - 2);
});

async function isKept(broken: BrokenLock, promise: string): Promise<boolean> {
  const again = lockTests(locksUnderTest(broken, LONG_PATIENCE_MS)).find((one) => one.promise === promise);
  return (
    (await again?.run().then(
      () => true,
      () => false,
    )) ?? false
  );
}
