import type { AdapterUnderTest } from "./adapter.js";
import type { Part } from "./check.js";
import { contractTests } from "./contract.js";

/** The two functions that the suite needs of a test runner: those of vitest and of `node:test` fit. A runner may pass over `concurrent`. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, options: { timeout: number; concurrent?: boolean }, body: () => Promise<void>): unknown;
}

const TITLES: Readonly<Record<Part, string>> = {
  resource: "its ResourceFactory",
  pool: "in a pool",
  connector: "its connector",
  sql: "its SQL client",
  process: "in the process",
};

// Every wait inside a check is bounded by `patience`; a check has a few of them, one after the other.
const WAITS_PER_CHECK = 12;

const vitest: TestRunner | undefined = await import("vitest").catch(() => undefined);

/** vitest, which has to be installed where no other runner is handed in. @throws Error when it is not */
export function orVitest(call: string, runner: TestRunner | undefined): TestRunner {
  const found = runner ?? vitest;
  if (found === undefined)
    throw new Error(`${call}: vitest is not installed; hand in describe and it of your test runner`);
  return found;
}

/**
 * Writes the contract of adapters as tests: one for each promise, named after it. A failure says which promise is broken and what was seen.
 *
 * @param runner the test runner; default: vitest, which has to be installed then
 * @throws Error when there is no runner
 */
export function describeAdapter<R, C>(name: string, adapter: AdapterUnderTest<R, C>, runner?: TestRunner): void {
  const { describe, it } = orVitest(`describeAdapter(${JSON.stringify(name)})`, runner);
  const timeout = (adapter.patience ?? 5_000) * WAITS_PER_CHECK;
  // The checks hand each resource only to the adapter that has made it, whatever its type is.
  const tests = contractTests(adapter);
  describe(`${name} keeps the contract of adapters`, () => {
    for (const part of new Set(tests.map((test) => test.part))) {
      describe(TITLES[part], () => {
        for (const test of tests.filter((one) => one.part === part)) it(test.promise, { timeout }, () => test.run());
      });
    }
  });
}
