import type { Clock, Duration, Lock, OptionTable } from "@pool/core";
import type { Codec } from "./codec.js";
import type { CacheStore } from "./store.js";

export interface CacheOptions<V = unknown> {
  /** Names the cache in events, and stands before its keys. */
  name: string;
  /** Where entries are kept. @default memoryStore() */
  store?: CacheStore;
  /** What stands in while the store is away; false for nothing. @default memoryStore({ maxEntries: 1_000 }), where a store is given */
  fallback?: CacheStore | false;
  /** An entry is fresh for so long. @default 60_000 */
  ttl?: Duration;
  /** Each ttl is shorter by up to this share, at random, so that what was stored together does not expire together. @default 0.1 */
  ttlJitter?: number;
  /** After its ttl an entry is given out for so long while it is computed anew in the background. @default 0 */
  staleFor?: Duration;
  /** After its ttl an entry stands in for so long when it cannot be computed anew. @default 0 */
  staleIfErrorFor?: Duration;
  /** Longest work in the background; then its signal is aborted, and the entry may be computed again. @default 30_000 */
  refreshTimeout?: Duration;
  /** That something is not there (`undefined`) is known for so long; 0: not kept. @default 10_000 */
  negativeTtl?: Duration;
  /** An error of the work is thrown again for so long, in this process, without trying; 0: not kept. @default 0 */
  errorTtl?: Duration;
  /** Longest wait for the store in one read. @default 250 */
  storeTimeout?: Duration;
  /** In the fallback nothing is fresh for longer than this, since deletions by other processes are not heard of there. @default 10_000 */
  fallbackTtl?: Duration;
  /** One process at a time computes a key, the others wait for what it stores. */
  lock?: Lock;
  /** Longest wait for another process's work; then it is done here as well. @default 5_000 */
  lockTimeout?: Duration;
  /** Part of every key: another one, and what was stored before is not seen any more. @default 1 */
  version?: number | string;
  /** How values become texts. @default jsonCodec */
  codec?: Codec<V>;
  /** Time for tests. @default systemClock */
  clock?: Clock;
  /** The date in ms. @default Date.now */
  date?: () => number;
  /** Numbers from 0 up to 1, for jitter. @default Math.random */
  random?: () => number;
}

const methods =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === "object" &&
    value !== null &&
    names.every((name) => typeof Reflect.get(value, name) === "function");
const isStore = methods("get", "set", "add", "extend", "delete");
const custom = (shape: string, accepts: (value: unknown) => boolean) =>
  ({ type: "custom", shape, check: (value: unknown) => (accepts(value) ? undefined : shape) }) as const;

export const cacheOptions: OptionTable<CacheOptions> = {
  name: { type: "string", required: true, doc: "Names the cache in events, and stands before its keys." },
  store: { ...custom("a CacheStore", isStore), doc: "Where entries are kept. Default: `memoryStore()`." },
  fallback: {
    ...custom("a CacheStore, or false", (value) => value === false || isStore(value)),
    doc: "What stands in while the store is away. Default: a memory store of 1000 entries, where a store is given.",
  },
  ttl: { type: "duration", min: 1, max: 2 ** 40, default: 60_000, doc: "An entry is fresh for so long." },
  ttlJitter: {
    type: "number",
    min: 0,
    max: 0.9,
    default: 0.1,
    doc: "Each ttl is shorter by up to this share, at random, so that what was stored together does not expire together.",
  },
  staleFor: {
    type: "duration",
    max: 2 ** 40,
    default: 0,
    doc: "After its ttl an entry is given out for so long while it is computed anew in the background.",
  },
  staleIfErrorFor: {
    type: "duration",
    max: 2 ** 40,
    default: 0,
    doc: "After its ttl an entry stands in for so long when it cannot be computed anew.",
  },
  refreshTimeout: {
    type: "duration",
    min: 1,
    default: 30_000,
    doc: "Longest work in the background; then its signal is aborted, and the entry may be computed again.",
  },
  negativeTtl: {
    type: "duration",
    max: 2 ** 40,
    default: 10_000,
    doc: "That something is not there (`undefined`) is known for so long; 0: not kept.",
  },
  errorTtl: {
    type: "duration",
    default: 0,
    doc: "An error of the work is thrown again for so long, in this process, without trying; 0: not kept.",
  },
  storeTimeout: { type: "duration", min: 1, default: 250, doc: "Longest wait for the store in one read." },
  fallbackTtl: {
    type: "duration",
    min: 1,
    default: 10_000,
    doc: "In the fallback nothing is fresh for longer than this, since deletions by other processes are not heard of there.",
  },
  lock: {
    ...custom("a Lock", methods("acquire", "tryAcquire")),
    doc: "One process at a time computes a key, the others wait for what it stores.",
  },
  lockTimeout: {
    type: "duration",
    min: 1,
    default: 5_000,
    doc: "Longest wait for another process's work; then it is done here as well.",
  },
  version: {
    ...custom(
      "a number, or a string that is not empty",
      (value) => typeof value === "number" || (typeof value === "string" && value !== ""),
    ),
    default: 1,
    doc: "Part of every key: another one, and what was stored before is not seen any more.",
  },
  codec: { ...custom("a Codec", methods("encode", "decode")), doc: "How values become texts. Default: JSON." },
  clock: {
    ...custom("a Clock", methods("now", "setTimeout", "clearTimeout")),
    doc: "Time for tests. Default: the system's clock.",
  },
  date: { type: "function", doc: "The date in ms. Default: Date.now." },
  random: { type: "function", doc: "Numbers from 0 up to 1, for jitter. Default: Math.random." },
};
