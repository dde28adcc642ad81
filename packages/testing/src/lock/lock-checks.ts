import { setTimeout as sleep } from "node:timers/promises";
import { isPoolError } from "@pool/core";
import { fails, keep, outcomeOf, works } from "../broken-promise.js";
import { doGrow, type LockCheck } from "./lock-bench.js";
import type { LockHook } from "./lock-under-test.js";

const check = (promise: string, needs: readonly LockHook[], run: LockCheck["run"]): LockCheck => ({
  promise,
  needs,
  run,
});

const CLIENTS = 4;
const ROUNDS = 10;

/** The locks as users have them. */
export const lockChecks: readonly LockCheck[] = [
  check("a lock excludes the other clients of its backend until it is released", [], async (bench) => {
    const [ours, theirs] = [await bench.lock(), await bench.lock()];
    const key = bench.key();
    const held = await bench.acquire(ours, key, 60_000);
    keep(held.isHeld() && !held.lost.aborted, "a lock that was just given says that it is not held");
    keep((await theirs.tryAcquire(key)) === undefined, "a lock that is held was given to another client");
    const error = await fails("acquire of a held lock", bench.patience, () => theirs.acquire(key, { timeout: 50 }));
    keep(isPoolError(error, "LOCK_TIMEOUT"), `the wait for a held lock ended with ${String(error)}`);
    const waiting = theirs.acquire(key, { timeout: 60_000 });
    await sleep(20);
    await works("release", bench.patience, () => held.release());
    const next = await works("the wait for a lock that was released", bench.patience, () => waiting);
    bench.defer(() => next.release());
    keep(next.token > held.token, `the next holder's token ${String(next.token)} is not above ${String(held.token)}`);
    keep(!held.isHeld() && !held.lost.aborted, "release counts as a loss");
  }),

  check(
    "clients that contend for a key come to their turn, one at a time, with tokens that grow",
    [],
    async (bench) => {
      const key = bench.key();
      const locks = await Promise.all(Array.from({ length: CLIENTS }, () => bench.lock()));
      const tokens: bigint[] = [];
      let inside = 0;
      const turns = locks.flatMap((lock) =>
        Array.from({ length: ROUNDS }, () =>
          lock.use(
            key,
            async ({ token }) => {
              tokens.push(token);
              keep(++inside === 1, `${String(inside)} clients held one lock at once`);
              await sleep(1);
              inside--;
            },
            { timeout: 4 * bench.patience },
          ),
        ),
      );
      await works("40 turns of 4 clients", 4 * bench.patience, () => Promise.all(turns));
      keep(doGrow(tokens), `tokens came as ${tokens.join(", ")}`);
    },
  ),

  check("a lock is renewed for as long as it is held", [], async (bench) => {
    const [ours, theirs] = [await bench.lock(), await bench.lock()];
    const held = await bench.acquire(ours, bench.key());
    for (let round = 0; round < 5; round++) {
      await sleep(bench.ttl / 2);
      keep(held.isHeld(), `the lock was lost after ${String(round + 1)} halves of its ttl`);
      keep((await theirs.tryAcquire(held.key)) === undefined, "a lock that is held was given to another client");
    }
  }),

  check(
    "a holder whose key is deleted is told within its ttl, and never deletes the next one's",
    ["deleteKey"],
    async (bench) => {
      const [ours, theirs] = [await bench.lock(), await bench.lock()];
      const held = await bench.acquire(ours, bench.key());
      const { lost } = held;
      const since = performance.now();
      await bench.under.deleteKey?.(held.key);
      const next = await bench.acquire(theirs, held.key, 60_000);
      await bench.isTold(lost, since, bench.ttl);
      await works("release of a lost lock", bench.patience, () => held.release());
      keep((await ours.tryAcquire(held.key)) === undefined, "the release of a lost lock freed the next one's");
      keep(next.isHeld(), "the next holder lost its lock to the release of the one before");
    },
  ),

  check("when the backend is silent, holders are told within the ttl and nothing hangs", ["silence"], async (bench) => {
    const lock = await bench.lock();
    const held = await bench.acquire(lock, bench.key());
    const leaving = await bench.acquire(lock, bench.key(), 60_000);
    const { lost } = held;
    const since = performance.now();
    await bench.under.silence?.();
    try {
      const release = works("release", bench.patience + bench.slack, () => leaving.release());
      const waiting = fails("acquire", bench.patience + bench.slack, () => lock.acquire(bench.key(), { timeout: 200 }));
      await Promise.all([release, waiting, bench.isTold(lost, since, bench.ttl)]);
      keep(!held.isHeld(), "a lost lock says that it is held");
    } finally {
      await bench.under.heal?.();
    }
    const again = await outcomeOf("acquire after the silence", 4 * bench.patience, () =>
      lock.acquire(held.key, { timeout: 3 * bench.patience }),
    );
    keep(again.status === "fulfilled", "the lock could not be had after the silence");
    await works("its release", bench.patience, () => again.value.release());
  }),

  check("closing a client lets go of its locks and tells their holders", [], async (bench) => {
    const [ours, theirs] = [await bench.lock(), await bench.lock()];
    const held = await bench.acquire(ours, bench.key(), 60_000);
    const { lost } = held;
    const waiting = fails("a wait at a client that closes", bench.patience, () => ours.acquire(held.key));
    waiting.catch(() => undefined); // told below
    await sleep(5);
    await works("close", bench.patience, () => ours.close());
    keep(lost.aborted && !held.isHeld(), "the holder was not told that its client is closed");
    keep(isPoolError(await waiting, "NOT_CONNECTED"), "a wait at a closed client did not end with NOT_CONNECTED");
    await bench.acquire(theirs, held.key);
  }),
];
