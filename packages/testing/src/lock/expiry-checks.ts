import { setTimeout as sleep } from "node:timers/promises";
import { keep } from "../broken-promise.js";
import { doGrow, type LockBench, type LockCheck } from "./lock-bench.js";

const check = (promise: string, run: LockCheck["run"]): LockCheck => ({ promise, needs: [], run });

/** What becomes of keys with time. */
export const expiryChecks: readonly LockCheck[] = [
  check("tokens of a key grow, whether it was dropped or has expired", async (bench) => {
    const [first, second] = [await bench.store(), await bench.store()];
    const key = bench.key();
    const tokens: bigint[] = [];
    for (let round = 0; round < 6; round++) {
      const store = round % 2 === 0 ? first : second;
      const owner = `owner ${String(round)}`;
      tokens.push(await bench.taken(store, key, owner, round === 2 ? bench.ttl : 60_000));
      if (round === 2) await sleepUntilFree(bench, key);
      else await bench.drop(store, key, owner);
    }
    keep(doGrow(tokens), `the tokens of one key were ${tokens.join(", ")}`);
  }),

  check("a key is kept for its ttl, and free soon after", async (bench) => {
    const [ours, theirs] = [await bench.store(), await bench.store()];
    const key = bench.key();
    const from = performance.now();
    await bench.taken(ours, key, "ours", bench.ttl);
    for (;;) {
      const before = performance.now() - from;
      const { token } = await bench.take(theirs, key, "theirs");
      const after = performance.now() - from;
      if (token !== undefined) {
        keep(
          after >= bench.ttl,
          `with a ttl of ${String(bench.ttl)} ms it was given to another after ${String(after)} ms`,
        );
        return;
      }
      keep(
        before < bench.ttl + bench.patience,
        `with a ttl of ${String(bench.ttl)} ms it was still held after ${String(before)} ms`,
      );
      await sleep(10);
    }
  }),

  check("renew gives the holder another ttl", async (bench) => {
    const [ours, theirs] = [await bench.store(), await bench.store()];
    const key = bench.key();
    await bench.taken(ours, key, "ours", bench.ttl);
    for (let round = 0; round < 5; round++) {
      await sleep(bench.ttl / 4);
      if (!(await bench.renew(ours, key, "ours", 20 * bench.ttl))) throw new Error("the holder was refused a renewal");
    }
    keep((await bench.take(theirs, key, "theirs")).token === undefined, "a key that was renewed was given to another");
  }),

  check("renew says false to whoever does not hold the key, and never takes it", async (bench) => {
    const [ours, theirs] = [await bench.store(), await bench.store()];
    const key = bench.key();
    keep(!(await bench.renew(ours, key, "ours")), "renew of a key that nobody has said true");
    await bench.taken(theirs, key, "theirs", bench.ttl);
    keep(!(await bench.renew(ours, key, "ours")), "renew of a key that somebody else has said true");
    await sleepUntilFree(bench, key);
    keep(!(await bench.renew(theirs, key, "theirs")), "renew of a key that had expired said true");
    await bench.taken(ours, key, "ours");
  }),
];

/** Waits by taking it for a probe, which lets go of it again. */
async function sleepUntilFree(bench: LockBench, key: string): Promise<void> {
  const store = await bench.store();
  const deadline = performance.now() + bench.ttl + bench.patience;
  while ((await bench.take(store, key, "probe")).token === undefined) {
    if (performance.now() > deadline) throw new Error(`a key with a ttl of ${String(bench.ttl)} ms has not expired`);
    await sleep(20);
  }
  await bench.drop(store, key, "probe");
}
