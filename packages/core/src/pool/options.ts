import { invalidOptions, readOptions } from "../options.js";
import { poolOptions } from "./option-table.js";
import { systemClock, type Clock, type Duration } from "../time.js";

/** Everything about a pool that a caller may set. Every one has a default that is safe in production. */
export interface PoolOptions {
  /** Names the pool in errors, events and metrics. @default the factory's kind */
  name?: string;
  /** Hard limit of resources, those being opened and closed included. @default 10 */
  maxSize?: number;
  /** What comes back idle above this is closed. @default maxSize */
  maxIdle?: number;
  /** Idle resources that are kept ready. @default 0 */
  minIdle?: number;
  /**
   * Callers that may wait at once; one more is refused with `QUEUE_FULL`. As many as there are resources that are not lent may wait in any case: for them
   * one may still be opened. @default 500
   */
  maxWaiting?: number;
  /** Resources being opened at once; one that takes longer than a second no longer counts. @default 2 */
  maxConnecting?: number;
  /** Longest wait inside acquire, in ms. @default 30_000 */
  acquireTimeout?: Duration;
  /** Longest time for opening one resource, in ms. @default the smaller of 5_000 and acquireTimeout, at least 1_000 */
  connectTimeout?: Duration;
  /** Longest time for one validate or reset, in ms. @default the smaller of 1_000 and a quarter of acquireTimeout */
  validateTimeout?: Duration;
  /** Longest time for closing one resource, in ms; afterwards it is forgotten. @default 1_000 */
  closeTimeout?: Duration;
  /** An idle resource above minIdle is closed after this time without use, in ms. @default 600_000 */
  idleTimeout?: Duration;
  /** A resource is replaced at this age, in ms, when it is not lent. @default 1_800_000 */
  maxLifetime?: Duration;
  /** Each lifetime is shorter by up to this share, at random, so that not all end at once. @default 0.25 */
  lifetimeJitter?: number;
  /** A resource is replaced after so many loans. @default Infinity */
  maxUses?: number;
  /** A resource that was in use or checked within this time is lent without validation, in ms. @default 1_000 */
  validateIfIdleFor?: Duration;
  /** An idle resource is validated this often, ± 20 %, in ms. @default 120_000 */
  keepAliveInterval?: Duration;
  /** Longest wait for leases in close, in ms. @default 3_000 */
  drainTimeout?: Duration;
  /** Which idle resource is lent first: the one returned last keeps few warm, the one returned first spreads the load. @default "lifo" */
  reuse?: "lifo" | "fifo";
  /**
   * What callback forms do about tasks that wait for what they hold: refuse the one that would close the circle; have a `use` inside a `use` share
   * the outer one's resource, always; or nothing, at no cost. @default "error"
   */
  selfDeadlock?: "error" | "reuse" | "off";
  /** A lease held longer is reported on `pool:leak`, in ms. @default 30_000 */
  leakAfter?: Duration;
  /** A lease held longer is taken away and its resource closed, in ms. @default "never" */
  reclaimAfter?: Duration;
  /** Whether acquires remember their stack (5 µs each): none, one in 64, or all. @default "off" */
  stacks?: "off" | "sampled" | "all";
  /** Time for tests. @default the system's clock */
  clock?: Clock;
  /** Numbers from 0 up to 1, for jitter. @default Math.random */
  random?: () => number;
}

/** {@link PoolOptions} with every default filled in and every duration in ms. */
export interface ResolvedPoolOptions {
  readonly name: string;
  readonly maxSize: number;
  readonly maxIdle: number;
  readonly minIdle: number;
  readonly maxWaiting: number;
  readonly maxConnecting: number;
  readonly acquireTimeout: number;
  readonly connectTimeout: number;
  readonly validateTimeout: number;
  readonly closeTimeout: number;
  readonly idleTimeout: number;
  readonly maxLifetime: number;
  readonly lifetimeJitter: number;
  readonly maxUses: number;
  readonly validateIfIdleFor: number;
  readonly keepAliveInterval: number;
  readonly drainTimeout: number;
  readonly reuse: "lifo" | "fifo";
  readonly selfDeadlock: "error" | "reuse" | "off";
  readonly leakAfter: number;
  readonly reclaimAfter: number;
  readonly stacks: "off" | "sampled" | "all";
  readonly clock: Clock;
  readonly random: () => number;
}

/** Settings for common kinds of program, to spread into options: `createPool(factory, { ...presets.web, name: "main" })`. */
export const presets = {
  /** A web server: keeps 10, lends 20 in a rush, two ready before the first request. */
  web: { maxSize: 20, maxIdle: 10, minIdle: 2 },
  /** Background jobs: fewer, and patient. */
  worker: { maxSize: 10, maxIdle: 5, acquireTimeout: 60_000, maxLifetime: 3_600_000 },
  /** The pools of one task in a scope. */
  task: { maxSize: 10, maxIdle: 5 },
} as const satisfies Record<string, PoolOptions>;

/** Checks pool options and fills in the defaults. @throws PoolError `INVALID_OPTIONS` */
export function readPoolOptions(options: PoolOptions, kind: string): ResolvedPoolOptions {
  const given = (options as PoolOptions | null | undefined)?.name; // whatever was handed in: readOptions refuses what is no object
  const name = typeof given === "string" && given !== "" ? given : kind;
  const where = `pool ${JSON.stringify(name)}`;
  const read = readOptions(poolOptions, options, where) as Partial<ResolvedPoolOptions> &
    Pick<ResolvedPoolOptions, "maxSize" | "acquireTimeout">;
  const complete = {
    clock: systemClock,
    random: Math.random,
    maxIdle: read.maxSize,
    // A connect that hangs must not outlive those who wait for it by much, or it keeps its place from one that would succeed.
    connectTimeout: Math.min(5_000, Math.max(1_000, read.acquireTimeout)),
    validateTimeout: Math.max(1, Math.min(1_000, read.acquireTimeout / 4)),
    ...read,
    name,
  } as ResolvedPoolOptions; // the table has a default for everything not named here
  const problems = limitProblems(complete);
  if (problems.length > 0) throw invalidOptions(where, problems);
  return complete;
}

/** What is wrong between limits that are each fine, a sentence each. */
export function limitProblems(limits: Pick<ResolvedPoolOptions, "maxSize" | "maxIdle" | "minIdle">): string[] {
  const { maxSize, maxIdle, minIdle } = limits;
  const problems: string[] = [];
  if (maxIdle > maxSize) problems.push(`maxIdle (${String(maxIdle)}) must be at most maxSize (${String(maxSize)})`);
  if (minIdle > maxIdle) problems.push(`minIdle (${String(minIdle)}) must be at most maxIdle (${String(maxIdle)})`);
  return problems;
}
