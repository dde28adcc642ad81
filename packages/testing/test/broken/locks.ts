import type { HeldLock, LockStore } from "@pool/core";
import type { LockChange, World } from "../backend/locks-under-test.js";

/** Locks that are wrong in one respect. */
export interface BrokenLock extends LockChange {
  /** What they do wrong. */
  readonly fault: string;
  /** The promises that they break; they keep all others. */
  readonly breaks: readonly string[];
  /** Those that they break when the moment is right. */
  readonly mayBreak?: readonly string[];
}

const storeWith = (store: (good: LockStore, world: World) => Partial<LockStore>): LockChange => ({ store });
const { signal: never } = new AbortController();
let lastToken = 1_000_000n;

export const brokenLocks: readonly BrokenLock[] = [
  {
    fault: "gives a key to whoever asks",
    ...storeWith((good) => ({
      take: async (key, owner, ttl, signal) => ({
        token: (await good.take(key, owner, ttl, signal)).token ?? ++lastToken,
      }),
    })),
    breaks: [
      "a holder whose key is deleted is told within its ttl, and never deletes the next one's",
      "a key is kept for its ttl, and free soon after",
      "a lock excludes the other clients of its backend until it is released",
      "a lock is renewed for as long as it is held",
      "clients that contend for a key come to their turn, one at a time, with tokens that grow",
      "drop frees the key of its owner, and of nobody else",
      "of many who ask at once, one is given the key",
      "renew gives the holder another ttl",
      "renew says false to whoever does not hold the key, and never takes it",
      "take gives a free key, and to nobody else while it is held",
    ],
  },
  {
    fault: "looks whether a key is free, and takes it afterwards",
    ...storeWith((good, world) => ({
      async take(key, owner, ttl, signal) {
        const answer = await good.take(key, `${owner} looks`, ttl, signal);
        await new Promise((resolve) => setTimeout(resolve, 2));
        if (answer.token === undefined) return await good.take(key, owner, ttl, signal);
        for (const other of world.owners.get(key) ?? []) await good.drop(key, other, never);
        return await good.take(key, owner, ttl, signal);
      },
    })),
    breaks: [],
  },
  {
    fault: "has the same token for everybody",
    ...storeWith((good) => ({
      async take(key, owner, ttl, signal) {
        const answer = await good.take(key, owner, ttl, signal);
        return answer.token === undefined ? answer : { token: 7n };
      },
    })),
    breaks: [
      "a lock excludes the other clients of its backend until it is released",
      "clients that contend for a key come to their turn, one at a time, with tokens that grow",
      "tokens of a key grow, whether it was dropped or has expired",
    ],
  },
  {
    fault: "tokens are numbers",
    ...storeWith((good) => ({
      async take(key, owner, ttl, signal) {
        const answer = await good.take(key, owner, ttl, signal);
        return answer.token === undefined ? answer : { token: Number(answer.token) as unknown as bigint };
      },
    })),
    breaks: [
      "a call whose signal is aborted already rejects, and takes nothing",
      "a key is kept for its ttl, and free soon after",
      "drop frees the key of its owner, and of nobody else",
      "keys are kept apart, whatever they are made of",
      "renew gives the holder another ttl",
      "renew says false to whoever does not hold the key, and never takes it",
      "take gives a free key, and to nobody else while it is held",
      "taking again for the same owner gives the same token",
      "tokens of a key grow, whether it was dropped or has expired",
      "untilFree resolves when the key is dropped, and ends with its signal",
    ],
  },
  {
    fault: "gives a new token when the same owner takes again",
    ...storeWith((good) => ({
      async take(key, owner, ttl, signal) {
        await good.drop(key, owner, signal);
        return await good.take(key, owner, ttl, signal);
      },
    })),
    breaks: ["taking again for the same owner gives the same token"],
  },
  {
    fault: "refuses its own owner, as a plain set-if-absent does",
    ...storeWith((good) => ({
      async take(key, owner, ttl, signal) {
        if (await good.renew(key, owner, ttl, signal)) return {};
        return await good.take(key, owner, ttl, signal);
      },
    })),
    breaks: ["taking again for the same owner gives the same token"],
  },
  {
    fault: "keeps a key for half of its ttl",
    ...storeWith((good) => ({ take: (key, owner, ttl, signal) => good.take(key, owner, ttl / 2, signal) })),
    breaks: ["a key is kept for its ttl, and free soon after"],
    mayBreak: ["a lock is renewed for as long as it is held"],
  },
  {
    fault: "keeps a key for ever",
    ...storeWith((good) => ({ take: (key, owner, _ttl, signal) => good.take(key, owner, 3_600_000, signal) })),
    breaks: [
      "a key is kept for its ttl, and free soon after",
      "renew says false to whoever does not hold the key, and never takes it",
      "take gives a free key, and to nobody else while it is held",
      "tokens of a key grow, whether it was dropped or has expired",
      "when the backend is silent, holders are told within the ttl and nothing hangs",
    ],
  },
  {
    fault: "says how long a key is held in seconds, since when",
    ...storeWith((good) => ({
      async take(key, owner, ttl, signal) {
        const answer = await good.take(key, owner, ttl, signal);
        return answer.token === undefined ? { freeInMs: -1 } : answer;
      },
    })),
    breaks: ["take gives a free key, and to nobody else while it is held"],
  },
  {
    fault: "renews nothing, and says that it did",
    ...storeWith(() => ({ renew: async () => true })),
    breaks: [
      "a call whose signal is aborted already rejects, and takes nothing",
      "a holder whose key is deleted is told within its ttl, and never deletes the next one's",
      "a lock is renewed for as long as it is held",
      "renew gives the holder another ttl",
      "renew says false to whoever does not hold the key, and never takes it",
      "when the backend is silent, holders are told within the ttl and nothing hangs",
    ],
  },
  {
    fault: "renews without looking whose it is",
    ...storeWith((good, world) => ({
      async renew(key, owner, ttl, signal) {
        for (const any of world.owners.get(key) ?? [owner]) if (await good.renew(key, any, ttl, signal)) return true;
        return false;
      },
    })),
    breaks: [
      "a holder whose key is deleted is told within its ttl, and never deletes the next one's",
      "renew says false to whoever does not hold the key, and never takes it",
    ],
  },
  {
    fault: "a renewal takes a key that is free",
    ...storeWith((good) => ({
      renew: async (key, owner, ttl, signal) => (await good.take(key, owner, ttl, signal)).token !== undefined,
    })),
    breaks: ["renew says false to whoever does not hold the key, and never takes it"],
  },
  {
    fault: "says at every renewal that the lock is lost",
    ...storeWith(() => ({ renew: async () => false })),
    breaks: [
      "a call whose signal is aborted already rejects, and takes nothing",
      "a lock is renewed for as long as it is held",
      "drop frees the key of its owner, and of nobody else",
      "keys are kept apart, whatever they are made of",
      "renew gives the holder another ttl",
      "take gives a free key, and to nobody else while it is held",
    ],
  },
  {
    fault: "deletes without comparing",
    ...storeWith((good, world) => ({
      async drop(key, _owner, signal) {
        signal.throwIfAborted();
        for (const any of world.owners.get(key) ?? []) await good.drop(key, any, signal);
      },
    })),
    breaks: [
      "a holder whose key is deleted is told within its ttl, and never deletes the next one's",
      "drop frees the key of its owner, and of nobody else",
    ],
    mayBreak: ["clients that contend for a key come to their turn, one at a time, with tokens that grow"],
  },
  {
    fault: "lets go of nothing",
    ...storeWith(() => ({
      drop: async (_key, _owner, signal) => signal.throwIfAborted(),
    })),
    breaks: [
      "a lock excludes the other clients of its backend until it is released",
      "clients that contend for a key come to their turn, one at a time, with tokens that grow",
      "closing a client lets go of its locks and tells their holders",
      "drop frees the key of its owner, and of nobody else",
      "renew says false to whoever does not hold the key, and never takes it",
      "taking again for the same owner gives the same token",
      "tokens of a key grow, whether it was dropped or has expired",
      "untilFree resolves when the key is dropped, and ends with its signal",
    ],
  },
  {
    fault: "cuts keys short",
    ...storeWith((good) => ({
      take: (key, ...rest) => good.take(key.slice(0, 48), ...rest),
      renew: (key, ...rest) => good.renew(key.slice(0, 48), ...rest),
      drop: (key, ...rest) => good.drop(key.slice(0, 48), ...rest),
    })),
    breaks: [],
  },
  {
    fault: "never tells that a key is free, nor ends with its signal",
    ...storeWith(() => ({ untilFree: () => new Promise(() => undefined) })),
    breaks: ["untilFree resolves when the key is dropped, and ends with its signal"],
  },
  {
    fault: "does not look at its signals",
    ...storeWith((good, world) => ({
      take: (key, owner, ttl) => (world.isSilent ? new Promise(() => undefined) : good.take(key, owner, ttl, never)),
      renew: (key, owner, ttl) => (world.isSilent ? new Promise(() => undefined) : good.renew(key, owner, ttl, never)),
      drop: (key, owner) => (world.isSilent ? new Promise(() => undefined) : good.drop(key, owner, never)),
    })),
    breaks: ["a call whose signal is aborted already rejects, and takes nothing"],
  },
  {
    fault: "leaves a rejected promise behind",
    ...storeWith((good) => ({
      take(...input) {
        void Promise.reject(new Error("nobody looks at me"));
        return good.take(...input);
      },
    })),
    breaks: ["no error goes past its caller: no unhandled rejection, no uncaught exception"],
  },
  {
    fault: "never tells of a loss",
    lock: (good) => ({
      acquire: async (...input) => heldWith(await good.acquire(...input), { lost: never, isHeld: () => true }),
    }),
    breaks: [
      "a holder whose key is deleted is told within its ttl, and never deletes the next one's",
      "a lock excludes the other clients of its backend until it is released",
      "closing a client lets go of its locks and tells their holders",
      "when the backend is silent, holders are told within the ttl and nothing hangs",
    ],
  },
  {
    fault: "release waits for the backend",
    lock: (good) => ({
      acquire: async (...input) => {
        const held = await good.acquire(...input);
        return heldWith(held, {
          async release() {
            await held.release();
            await (await good.acquire(`${held.key} probe`)).release();
          },
        });
      },
    }),
    breaks: ["when the backend is silent, holders are told within the ttl and nothing hangs"],
  },
  {
    fault: "waits for ever",
    lock: (good) => ({ acquire: (key, options) => good.acquire(key, { ...options, timeout: Infinity }) }),
    breaks: [
      "a lock excludes the other clients of its backend until it is released",
      "when the backend is silent, holders are told within the ttl and nothing hangs",
    ],
  },
  {
    fault: "close lets go of nothing",
    lock: () => ({ close: () => Promise.resolve() }),
    breaks: ["closing a client lets go of its locks and tells their holders"],
  },
];

function heldWith(held: HeldLock, change: Partial<HeldLock>): HeldLock {
  return {
    key: held.key,
    token: held.token,
    get lost() {
      return held.lost;
    },
    isHeld: () => held.isHeld(),
    release: () => held.release(),
    [Symbol.dispose]: () => held[Symbol.dispose](),
    [Symbol.asyncDispose]: () => held.release(),
    ...change,
  };
}
