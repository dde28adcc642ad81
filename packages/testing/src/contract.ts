import type { AdapterUnderTest } from "./adapter.js";
import { Bench } from "./bench.js";
import { BrokenPromise } from "./broken-promise.js";
import { has, type Check, type Need, type Part } from "./check.js";
import { cancelling } from "./checks/cancel.js";
import { closing } from "./checks/close.js";
import { connecting } from "./checks/connect.js";
import { creating } from "./checks/create.js";
import { health } from "./checks/health.js";
import { neutrality } from "./checks/neutral.js";
import { pooling } from "./checks/pool.js";
import { reconnecting } from "./checks/reconnect.js";
import { resetting } from "./checks/reset.js";
import { secrecy } from "./checks/secrecy.js";
import { sessions } from "./checks/sessions.js";
import { supervising } from "./checks/supervision.js";
import { statements } from "./checks/statements.js";
import { transactions } from "./checks/transactions.js";
import { withStrays, type Stray } from "./strays.js";

const CHECKS: readonly Check[] = [
  ...creating,
  ...resetting,
  ...closing,
  ...pooling,
  ...connecting,
  ...reconnecting,
  ...health,
  ...supervising,
  ...secrecy,
  ...statements,
  ...transactions,
  ...sessions,
  ...cancelling,
];

/** One promise of the contract, ready to be checked on one adapter. */
export interface ContractTest {
  readonly part: Part;
  /** The promise, as a sentence. */
  readonly promise: string;
  /** @throws BrokenPromise with what was seen instead */
  run(): Promise<void>;
}

/** What {@link runContract} found. */
export interface ContractReport {
  /** The promises that hold. */
  readonly kept: readonly string[];
  /** One error for each promise that does not. */
  readonly broken: readonly BrokenPromise[];
}

/** The promises that can be checked on `adapter`, in the order in which they have to be run. */
export function contractTests(adapter: AdapterUnderTest): readonly ContractTest[] {
  const strays: Stray[] = [];
  const checks = [...CHECKS.filter(({ needs }) => needs.every((need) => has(adapter, need))), neutrality(strays)];
  return checks.map((check) => ({
    part: check.part,
    promise: check.promise,
    run: () => withStrays(check.promise, strays, () => runCheck(check, adapter)),
  }));
}

/** The promises that are not checked on `adapter`, and the hooks that are missing for each. */
export function uncheckedPromises(
  adapter: AdapterUnderTest,
): readonly { readonly promise: string; readonly missing: readonly Need[] }[] {
  return CHECKS.map(({ promise, needs }) => ({ promise, missing: needs.filter((need) => !has(adapter, need)) })).filter(
    ({ missing }) => missing.length > 0,
  );
}

/** Checks every promise without a test runner. Never rejects. */
export async function runContract(adapter: AdapterUnderTest): Promise<ContractReport> {
  const kept: string[] = [];
  const broken: BrokenPromise[] = [];
  for (const test of contractTests(adapter)) {
    try {
      await test.run();
      kept.push(test.promise);
    } catch (error) {
      broken.push(error instanceof BrokenPromise ? error : new BrokenPromise(test.promise, error));
    }
  }
  return { kept, broken };
}

async function runCheck(check: Check, adapter: AdapterUnderTest): Promise<void> {
  const bench = new Bench(adapter);
  try {
    await check.run(bench);
  } catch (error) {
    throw new BrokenPromise(check.promise, error);
  } finally {
    await bench.putAway();
  }
}
