import type { SqlDriver } from "@pool/core";
import type { FactoryUnderTest } from "./adapter.js";
import type { Bench } from "./bench.js";
import { keep, outcomeOf } from "./broken-promise.js";

/** How statements run on a raw resource of `under`. */
export function driverOf({ driver }: FactoryUnderTest<unknown>): SqlDriver<unknown> {
  keep(driver !== undefined, "factory() gives no driver, which the checks of raw statements need");
  return driver;
}

/** Leaves a transaction open in a resource, by the adapter's hook or by its driver. */
export async function leaveTransaction(
  bench: Bench,
  resource: unknown,
  under: FactoryUnderTest<unknown>,
): Promise<void> {
  if (bench.adapter.openTransaction) {
    await bench.adapter.openTransaction(resource);
    return;
  }
  const driver = driverOf(under);
  for (const text of driver.begin({})) await driver.query(resource, text, [], {});
}

/** Long enough for a statement to reach its backend, and far from what `slow` takes. */
const UNDER_WAY_MS = 30;

/** The dialect's slow statement, under way on one resource. */
export interface SlowStatement {
  /** How it ends. */
  readonly outcome: Promise<PromiseSettledResult<unknown>>;
  /** Aborts its signal, or tells the driver where that takes none. */
  cancel(): void;
}

/** Starts the dialect's slow statement on one resource. */
export async function startSlow(
  bench: Bench,
  resource: unknown,
  under: FactoryUnderTest<unknown>,
): Promise<SlowStatement> {
  const controller = new AbortController();
  const driver = driverOf(under);
  const outcome = outcomeOf("the slow statement", bench.patience * 2, () =>
    driver.query(resource, bench.sql.slow, [], driver.cancel === undefined ? { signal: controller.signal } : {}),
  );
  // A hung statement is reported by whoever awaits it.
  outcome.catch(() => undefined);
  const ended = await Promise.race([outcome, new Promise((resolve) => setTimeout(resolve, UNDER_WAY_MS))]);
  keep(ended === undefined, `the slow statement was over within ${UNDER_WAY_MS} ms, so nothing can be checked`);
  const cancel = (): void => {
    if (driver.cancel === undefined) controller.abort();
    else driver.cancel(resource, new Error("cancelled by the contract"));
  };
  return { outcome, cancel };
}
