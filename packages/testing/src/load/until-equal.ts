import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

const PATIENCE = 5_000;

/** Resolves when `ask` gives `wanted`; rejects with what it gave last when that takes longer than `patience` ms. */
export async function untilEqual<T>(
  what: string,
  ask: () => T | Promise<T>,
  wanted: T,
  patience: number = PATIENCE,
): Promise<void> {
  const deadline = performance.now() + patience;
  for (;;) {
    const got = await ask();
    if (isDeepStrictEqual(got, wanted)) return;
    if (performance.now() > deadline) throw new Error(`${what}: ${JSON.stringify(got)} after ${patience} ms`);
    await sleep(25);
  }
}
