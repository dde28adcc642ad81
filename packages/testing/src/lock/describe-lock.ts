import { orVitest, type TestRunner } from "../describe.js";
import { lockTests } from "./lock-contract.js";
import type { LockUnderTest } from "./lock-under-test.js";

const WAITS_PER_CHECK = 12;

/**
 * Writes what locks promise on every backend as tests: one for each promise, named after it.
 *
 * @param runner the test runner; default: vitest, which has to be installed then
 * @throws Error when there is no runner
 */
export function describeLock(name: string, under: LockUnderTest, runner?: TestRunner): void {
  const { describe, it } = orVitest(`describeLock(${JSON.stringify(name)})`, runner);
  const timeout = (under.patience ?? 5_000) * WAITS_PER_CHECK;
  describe(`${name} keeps the contract of locks`, () => {
    // Most of them wait for a ttl to pass.
    for (const test of lockTests(under)) it(test.promise, { timeout, concurrent: !test.isAlone }, () => test.run());
  });
}
