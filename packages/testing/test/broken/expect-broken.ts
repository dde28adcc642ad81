import { describe, expect, test } from "vitest";
import { type BrokenPromise, contractTests, runContract } from "../../src/index.js";
import { underTest, type UnderTest } from "../backend/under-test.js";
import type { Broken } from "./broken.js";

// A promise that is broken by waiting for ever costs this much of the test's time.
const PATIENCE_MS = 1_000;
// On a machine that is short of time everything is late: what should be kept is tried again with this much patience.
const LONG_PATIENCE_MS = 20_000;
const TURNS = 10;

/** One test for each adapter: its contract fails in the promises that it breaks, and in no other. */
export function expectBroken(adapters: readonly Broken[]): void {
  describe("a broken adapter breaks its promises, each is named, and no other one", () => {
    test.concurrent.each(adapters)("$fault", { timeout: 120_000 }, async (broken) => {
      const subject = await underTest(broken, PATIENCE_MS);
      try {
        const { broken: first } = await runContract(subject.adapter);
        // What breaks by a race is not seen each time.
        const found = [...first, ...(await seenLater(subject, broken.breaks, first))];
        const late = found.filter(({ promise }) => !broken.breaks.includes(promise));
        const kept = new Set<string>();
        for (const { promise } of late) if (await isKept(subject, promise)) kept.add(promise);

        for (const promise of broken.mayBreak ?? []) kept.add(promise);
        const seen = found.filter(({ promise }) => !kept.has(promise));
        const messages = seen.map(({ message }) => message).join("\n");
        expect(seen.map(({ promise }) => promise).sort(), messages).toEqual([...broken.breaks].sort());
        for (const { promise, message } of seen) expect(message).toContain(`broken promise: ${promise} — `);
      } finally {
        await subject.stop();
      }
    });
  });
}

/** Those of `promises` that were not seen to break at first, and are when they are tried again. */
async function seenLater(
  { adapter }: UnderTest,
  promises: readonly string[],
  first: readonly BrokenPromise[],
): Promise<readonly BrokenPromise[]> {
  const found: BrokenPromise[] = [];
  for (const missed of contractTests(adapter).filter(({ promise }) => promises.includes(promise))) {
    if (first.some(({ promise }) => promise === missed.promise)) continue;
    for (let turn = 0; turn < TURNS && found.at(-1)?.promise !== missed.promise; turn++) {
      await missed.run().catch((error: unknown) => found.push(error as BrokenPromise)); // checks throw nothing else
    }
  }
  return found;
}

async function isKept({ adapter }: UnderTest, promise: string): Promise<boolean> {
  const patient = contractTests({ ...adapter, patience: LONG_PATIENCE_MS });
  const again = patient.find((one) => one.promise === promise);
  try {
    await again?.run();
    return true;
  } catch {
    return false;
  }
}
