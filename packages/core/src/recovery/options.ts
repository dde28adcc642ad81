import { readCall, readClock, readFlag, readFunction, readLimit, readSignal, wrongArgument } from "../arguments.js";
import { systemClock, type Clock } from "../time.js";
import { readPolicy, type RecoveryPolicy } from "./policy.js";

export interface RecoveryOptions<T> {
  /**
   * May the work be run again although it may have been carried out? Left out, it is repeated only where the error proves that nothing was done,
   * which holds for work that is one statement, command or transaction; `false` never repeats it.
   */
  idempotent?: boolean;
  /** What to do about errors of each class. What it leaves out is as in {@link recoveryPolicy}. */
  policy?: Partial<RecoveryPolicy>;
  /** Answers in place of the work when nothing else helped: a cached value, an empty list. */
  fallback?: (error: unknown) => T | PromiseLike<T>;
  /** How often the work is run again at most. @default 3 */
  retries?: number;
  /** Longest time for all attempts together, in ms; the fallback has its own. @default 30_000 */
  timeout?: number;
  signal?: AbortSignal;
  /** @default systemClock */
  clock?: Clock;
  /** Numbers from 0 up to 1, for jitter. @default Math.random */
  random?: () => number;
}

/** {@link RecoveryOptions} with every default filled in. */
export interface ResolvedRecoveryOptions<T> {
  readonly idempotent: boolean | undefined;
  readonly policy: RecoveryPolicy;
  readonly fallback: ((error: unknown) => T | PromiseLike<T>) | undefined;
  readonly retries: number;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

const NAMES = ["idempotent", "policy", "fallback", "retries", "timeout", "signal", "clock", "random"] as const;

/** @throws PoolError `INVALID_ARGUMENT` */
export function readRecoveryOptions<T>(options: RecoveryOptions<T> | undefined): ResolvedRecoveryOptions<T> {
  const given = readCall("withRecovery", options, NAMES);
  const { retries = 3, clock = systemClock, random = Math.random, fallback } = given;
  if (!(retries === Infinity || Number.isSafeInteger(retries)) || retries < 0)
    throw wrongArgument("withRecovery: retries", "a whole number of at least 0, or Infinity", retries);
  if (fallback !== undefined) readFunction("withRecovery: fallback", fallback);
  readFunction("withRecovery: random", random);
  readClock("withRecovery: clock", clock);
  return {
    idempotent: readFlag("withRecovery: idempotent", given.idempotent),
    policy: readPolicy(given.policy),
    fallback,
    retries,
    timeout: readLimit("withRecovery: timeout", given.timeout) ?? 30_000,
    signal: readSignal("withRecovery: signal", given.signal),
    clock,
    random,
  };
}
