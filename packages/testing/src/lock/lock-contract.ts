import { BrokenPromise, keep } from "../broken-promise.js";
import { reasonOf } from "@pool/core";
import type { ContractReport } from "../contract.js";
import { withStrays, type Stray } from "../strays.js";
import { expiryChecks } from "./expiry-checks.js";
import { LockBench, type LockCheck } from "./lock-bench.js";
import { lockChecks } from "./lock-checks.js";
import type { LockUnderTest } from "./lock-under-test.js";
import { storeChecks } from "./store-checks.js";

/** One promise about locks, ready to be checked. */
export interface LockTest {
  /** The promise, as a sentence. */
  readonly promise: string;
  /** Not beside the others: it has the backend fall silent, or looks at what they have left. */
  readonly isAlone: boolean;
  /** @throws BrokenPromise with what was seen instead */
  run(): Promise<void>;
}

/** The promises that can be checked, in the order in which they have to be run. */
export function lockTests(under: LockUnderTest): readonly LockTest[] {
  const strays: Stray[] = [];
  const checks = [...storeChecks, ...expiryChecks, ...lockChecks].filter(({ needs }) =>
    needs.every((need) => under[need] !== undefined),
  );
  return [...checks, nothingAstray(strays)].map((check) => ({
    promise: check.promise,
    isAlone: check.needs.includes("silence") || check.isLast === true,
    run: () => withStrays(check.promise, strays, () => runCheck(check, under)),
  }));
}

/** Checks every promise about locks without a test runner. Never rejects. */
export async function runLockContract(under: LockUnderTest): Promise<ContractReport> {
  const kept: string[] = [];
  const broken: BrokenPromise[] = [];
  for (const test of lockTests(under)) {
    try {
      await test.run();
      kept.push(test.promise);
    } catch (error) {
      broken.push(error instanceof BrokenPromise ? error : new BrokenPromise(test.promise, error));
    }
  }
  return { kept, broken };
}

async function runCheck(check: LockCheck, under: LockUnderTest): Promise<void> {
  const bench = new LockBench(under);
  try {
    await check.run(bench);
  } catch (error) {
    throw new BrokenPromise(check.promise, error);
  } finally {
    await bench.putAway();
  }
}

function nothingAstray(strays: readonly Stray[]): LockCheck {
  return {
    promise: "no error goes past its caller: no unhandled rejection, no uncaught exception",
    needs: [],
    isLast: true,
    run: () => {
      const [first] = strays;
      const seen =
        first &&
        `${String(strays.length)} went astray, the first while checking “${first.during}”: ${reasonOf(first.error)}`;
      keep(first === undefined, seen ?? "");
      return Promise.resolve();
    },
  };
}
