import { readKeys, readLabel, readName, readObject, readSignal, readTimeout, wrongArgument } from "../arguments.js";
import { clockShape } from "../clock-option.js";
import { readOptions, type OptionTable } from "../options.js";
import { systemClock, type Clock, type Duration } from "../time.js";
import type { LockOptions } from "./lock.js";

/** How the locks of a backend are kept. What a call may say for itself is its default. */
export interface CreateLockOptions {
  /** How long the backend keeps a lock for a holder that is not heard of any more. @default 10_000 */
  ttl?: Duration;
  /** Longest wait for a lock. @default 30_000 */
  timeout?: Duration;
  /** Longest wait for the backend's word in `release`. @default 1_000 */
  releaseTimeout?: Duration;
  /** Time for tests. @default systemClock */
  clock?: Clock;
  /** The date in ms, for what the monotonic clock does not see: it stands still while a machine is suspended. @default Date.now, or the clock's time */
  date?: () => number;
  /** Numbers from 0 up to 1, for jitter. @default Math.random */
  random?: () => number;
}

// Below this a renewal every third of it does not get through.
const SHORTEST_TTL = 50;

export const lockOptions: OptionTable<CreateLockOptions> = {
  ttl: {
    type: "duration",
    min: SHORTEST_TTL,
    default: 10_000,
    doc: "How long the backend keeps a lock for a holder that is not heard of any more; renewed every third of it.",
  },
  timeout: { type: "duration", never: true, default: 30_000, doc: "Longest wait for a lock." },
  releaseTimeout: {
    type: "duration",
    min: 1,
    default: 1_000,
    doc: "Longest wait for the backend's word in release; it is tried again in the background.",
  },
  clock: { ...clockShape, doc: "Time for tests. Default: the system's clock." },
  date: {
    type: "function",
    doc: "The date in ms, for what the monotonic clock does not see: a suspended machine. Default: Date.now, or the clock's time.",
  },
  random: { type: "function", doc: "Numbers from 0 up to 1, for jitter. Default: Math.random." },
};

export interface LockSettings {
  readonly ttl: number;
  readonly timeout: number;
  readonly releaseTimeout: number;
  readonly clock: Clock;
  readonly date: () => number;
  readonly random: () => number;
}

/** @throws PoolError `INVALID_OPTIONS` */
export function readLockOptions(kind: string, options: CreateLockOptions): LockSettings {
  const read = readOptions(lockOptions, options, `createLock for ${kind}`);
  const { clock = systemClock } = read as { clock?: Clock }; // checked by the table
  const defaults = { clock, date: clock === systemClock ? Date.now : () => clock.now(), random: Math.random };
  return { ...defaults, ...read } as unknown as LockSettings; // what the table has checked and filled in
}

/** One call, with what it left out filled in. */
export interface LockCall {
  readonly ttl: number;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly label: string | undefined;
}

const TRY_TAKES: readonly (keyof LockOptions)[] = ["ttl", "signal", "label"];
const TAKES: readonly (keyof LockOptions)[] = [...TRY_TAKES, "timeout"];

/** @throws PoolError `INVALID_ARGUMENT` that names the call and the option */
export function readLockCall(call: string, key: unknown, options: LockOptions, settings: LockSettings): LockCall {
  readName(`${call}: key`, key);
  readObject(`${call}: options`, options);
  readKeys(call, options, TAKES);
  const { ttl = settings.ttl, timeout = settings.timeout } = options;
  if (typeof ttl !== "number" || !(ttl >= SHORTEST_TTL && ttl < Infinity))
    throw wrongArgument(`${call}: ttl`, `a number of ms, at least ${String(SHORTEST_TTL)}`, ttl);
  readTimeout(`${call}: timeout`, timeout);
  const signal = readSignal(`${call}: signal`, options.signal);
  return { ttl: Math.ceil(ttl), timeout, signal, label: readLabel(`${call}: label`, options.label) };
}

/** One that asks once. @throws PoolError `INVALID_ARGUMENT` */
export function readTryCall(call: string, key: unknown, options: LockOptions, settings: LockSettings): LockCall {
  readObject(`${call}: options`, options);
  readKeys(call, options, TRY_TAKES);
  return { ...readLockCall(call, key, options, settings), timeout: 0 };
}
