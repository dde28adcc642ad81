import type { AdapterUnderTest, Hook } from "./adapter.js";
import type { Bench } from "./bench.js";

/** The parts of the contract, in the order in which they are told. */
export type Part = "resource" | "pool" | "connector" | "sql" | "process";

/** What a check can need of the adapter under test: a hook, or one of several that say the same. */
export type Need = Hook | "openTransaction or sql" | "breakResource that is noticed";

export function has(adapter: AdapterUnderTest, need: Need): boolean {
  if (need === "openTransaction or sql") return adapter.openTransaction !== undefined || adapter.sql !== undefined;
  if (need === "breakResource that is noticed")
    return adapter.breakResource !== undefined && adapter.noticesLoss !== false;
  if (need === "tellsLoss") return adapter.tellsLoss === true;
  return adapter[need] !== undefined;
}

/** One promise of the contract, and how it is checked. */
export interface Check {
  readonly part: Part;
  /** The promise, as a sentence: the name of the test, and the subject of its failure. */
  readonly promise: string;
  /** What the adapter has to give for it. */
  readonly needs: readonly Need[];
  /** Rejects when the promise is broken, with what was seen instead. */
  run(bench: Bench): Promise<void>;
}

/** Writes the checks of one part. */
export function checksOf(part: Part, ...always: readonly Need[]) {
  return (promise: string, needs: readonly Need[], run: (bench: Bench) => Promise<void>): Check => ({
    part,
    promise,
    needs: [...always, ...needs],
    run,
  });
}
