import { setTimeout as sleep } from "node:timers/promises";
import { fails, keep, works } from "../broken-promise.js";
import type { LockCheck } from "./lock-bench.js";

const check = (promise: string, run: LockCheck["run"]): LockCheck => ({ promise, needs: [], run });

const ODD_KEYS = ["a b", "a/b", "a/", "A", "ä€𝄞", "{a}:*?[x]\\", "x".repeat(300)];

/** The store that an adapter writes, as createLock counts on it. */
export const storeChecks: readonly LockCheck[] = [
  check("take gives a free key, and to nobody else while it is held", async (bench) => {
    const [ours, theirs] = [await bench.store(), await bench.store()];
    const key = bench.key();
    await bench.taken(ours, key, "ours");
    for (const store of [ours, theirs]) {
      const answer = await bench.take(store, key, "theirs");
      keep(answer.token === undefined, "a key that is held was given to another owner");
      const { freeInMs = 1 } = answer;
      keep(freeInMs > 0 && freeInMs < 120_000, `freeInMs is ${String(freeInMs)} of a ttl of 60000`);
    }
    keep(await bench.renew(ours, key, "ours"), "the holder is the holder no more after others asked for its key");
  }),

  check("of many who ask at once, one is given the key", async (bench) => {
    const stores = await Promise.all([bench.store(), bench.store(), bench.store()]);
    for (let round = 0; round < 5; round++) {
      const key = bench.key();
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, i) => bench.take(stores[i % 3] ?? stores[0], key, `owner ${String(i)}`)),
      );
      const given = answers.filter(({ token }) => token !== undefined).length;
      keep(given === 1, `a key was given to ${String(given)} of 12 who asked for it at once`);
    }
  }),

  check("taking again for the same owner gives the same token", async (bench) => {
    const [store, again] = [await bench.store(), await bench.store()];
    const key = bench.key();
    const first = await bench.taken(store, key, "ours");
    for (const one of [store, again]) {
      const { token } = await bench.take(one, key, "ours");
      keep(token === first, `taken with token ${String(first)}, and again with ${String(token)}`);
    }
    await bench.drop(again, key, "ours");
    keep((await bench.take(store, key, "theirs")).token !== undefined, "a key taken twice was not free after one drop");
  }),

  check("drop frees the key of its owner, and of nobody else", async (bench) => {
    const [ours, theirs] = [await bench.store(), await bench.store()];
    const key = bench.key();
    await bench.drop(ours, key, "ours");
    await bench.taken(ours, key, "ours");
    await bench.drop(theirs, key, "theirs");
    keep((await bench.take(theirs, key, "theirs")).token === undefined, "a drop by another owner freed the key");
    await bench.drop(theirs, key, "ours");
    keep((await bench.take(theirs, key, "theirs")).token !== undefined, "the key was not free after its drop");
    await bench.drop(ours, key, "ours");
    keep(await bench.renew(theirs, key, "theirs"), "a late drop of the holder before freed the key of the next");
  }),

  check("keys are kept apart, whatever they are made of", async (bench) => {
    const store = await bench.store();
    const base = bench.key("odd");
    const keys = [base, ...ODD_KEYS.map((odd) => `${base}${odd}`)];
    for (const key of keys) await bench.taken(store, key, `owner of ${key.slice(-20)}`);
    for (const key of keys)
      keep(
        await bench.renew(store, key, `owner of ${key.slice(-20)}`),
        `${JSON.stringify(key.slice(-20))} was mixed up with another`,
      );
  }),

  check("untilFree resolves when the key is dropped, and ends with its signal", async (bench) => {
    const [ours, theirs] = [await bench.store(), await bench.store()];
    if (theirs.untilFree === undefined) return;
    const key = bench.key();
    await bench.taken(ours, key, "ours");
    await bench.take(theirs, key, "theirs"); // as it is asked before
    const told = theirs.untilFree(key, AbortSignal.timeout(60_000));
    const given = new AbortController();
    const aborted = theirs.untilFree(key, given.signal).catch(() => undefined);
    await sleep(50);
    given.abort();
    await works("untilFree whose signal was aborted", bench.patience, () => aborted);
    await bench.drop(ours, key, "ours");
    await works("untilFree of a key that was dropped", bench.patience, () => told);
  }),

  check("a call whose signal is aborted already rejects, and takes nothing", async (bench) => {
    const store = await bench.store();
    const key = bench.key();
    const signal = AbortSignal.abort(new Error("enough"));
    for (const [what, call] of [
      ["take", () => store.take(key, "ours", 60_000, signal)],
      ["renew", () => store.renew(key, "ours", 60_000, signal)],
      ["drop", () => store.drop(key, "ours", signal)],
    ] as const)
      await fails(`${what} with an aborted signal`, bench.patience, call);
    await bench.taken(store, key, "theirs");
  }),
];
