import { describe, expect, test } from "vitest";
import { runContract } from "../../src/index.js";
import { underTest } from "../backend/under-test.js";
import type { Broken } from "./broken.js";

// A promise that is broken by waiting for ever costs this much of the test's time.
const PATIENCE_MS = 1_000;

/** One test for each adapter: its contract fails in the promises that it breaks, and in no other. */
export function expectBroken(adapters: readonly Broken[]): void {
  describe("a broken adapter breaks its promises, each is named, and no other one", () => {
    test.concurrent.each(adapters)("$fault", { timeout: 120_000 }, async (broken) => {
      const { adapter, stop } = await underTest(broken, PATIENCE_MS);
      const report = await runContract(adapter).finally(stop);
      const messages = report.broken.map(({ message }) => message);
      expect(report.broken.map(({ promise }) => promise).sort(), messages.join("\n")).toEqual(
        [...broken.breaks].sort(),
      );
      for (const { promise, message } of report.broken) expect(message).toContain(`broken promise: ${promise} — `);
    });
  });
}
