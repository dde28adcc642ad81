import {
  invalidArgument,
  isSignal,
  readCall,
  readFunction,
  readSignal,
  readTimeout,
  wrongArgument,
} from "../arguments.js";
import { PoolError } from "../errors.js";
import { TaskHold } from "./borrow.js";
import { poolOptions } from "./option-table.js";
import type { AcquireOptions, Priority } from "./pool.js";
import type { Request } from "./request.js";

const PRIORITIES: ReadonlySet<unknown> = new Set<Priority>(["high", "normal", "low"]);

/** What is wrong with the options of an acquire, if anything. Runs on every call that has some, so it looks at each only once. */
export function checkAcquire(pool: string, options: AcquireOptions): PoolError | undefined {
  if (typeof options !== "object" || (options as unknown) === null)
    return invalid(pool, "options", "an object", options);
  const { timeout, signal, label, priority, hold } = options as Request;
  if (timeout !== undefined) {
    const problem = checkTimeout(pool, timeout);
    if (problem !== undefined) return problem;
  }
  if (signal !== undefined && !isSignal(signal)) return invalid(pool, "signal", "an AbortSignal", signal);
  if (label !== undefined && typeof label !== "string") return invalid(pool, "label", "a string", label);
  if (priority !== undefined && !PRIORITIES.has(priority)) {
    return invalid(pool, "priority", 'one of "high", "normal", "low"', priority);
  }
  // How a callback form names its task to the pool. Nobody else has one.
  if (hold !== undefined && !(hold instanceof TaskHold)) return unknownOption(pool, "hold");
  for (const key in options) {
    // Compared one by one, since a call without a mistake pays for it: a look-up in a set costs twice that.
    if (key === "timeout" || key === "signal" || key === "label" || key === "priority" || key === "hold") continue;
    const isGiven = Object.hasOwn(options, key) && (options as Readonly<Record<string, unknown>>)[key] !== undefined;
    if (isGiven) return unknownOption(pool, key);
  }
  return undefined;
}

const ACQUIRE_OPTIONS = ["signal", "timeout", "label", "priority"];

function unknownOption(pool: string, key: string): PoolError {
  const message = `pool ${JSON.stringify(pool)}: acquire takes no option ${JSON.stringify(key)}; it takes ${ACQUIRE_OPTIONS.join(", ")}`;
  return invalidArgument(message, key);
}

function checkTimeout(pool: string, timeout: unknown): PoolError | undefined {
  if (typeof timeout === "number" && timeout >= 0) return undefined;
  return invalid(pool, "timeout", "a number of ms, at least 0", timeout);
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function readCloseTimeout(pool: string, options: { timeout?: number } | undefined): number | undefined {
  const where = `pool ${JSON.stringify(pool)}: close`;
  return readTimeout(`${where}: timeout`, readCall(where, options, ["timeout"]).timeout);
}

const LIMITS = ["maxSize", "maxIdle", "minIdle"] as const;

/** Within the bounds of the options of these names. @throws PoolError `INVALID_ARGUMENT` */
export function checkLimits(pool: string, limits: { maxSize?: number; maxIdle?: number; minIdle?: number }): void {
  if (typeof limits !== "object" || (limits as unknown) === null) throw invalid(pool, "limits", "an object", limits);
  for (const [name, value] of Object.entries<unknown>(limits)) {
    const limit = LIMITS.find((known) => known === name);
    if (limit === undefined) throw invalid(pool, "limits", `of ${LIMITS.join(", ")}`, name);
    const { min = 0, max = Infinity } = poolOptions[limit] as { readonly min?: number; readonly max?: number };
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max))
      continue;
    throw invalid(pool, name, `a whole number from ${String(min)} to ${String(max)}`, value);
  }
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function checkSignal(pool: string, signal: unknown): void {
  readSignal(`pool ${JSON.stringify(pool)}: signal`, signal);
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function checkTask(pool: string, task: unknown): void {
  readFunction(`pool ${JSON.stringify(pool)}: task`, task);
}

/** @throws PoolError `INVALID_ARGUMENT` for what has not even the methods that every factory has */
export function checkFactory(factory: unknown, call = "createPool"): void {
  const refuse = (what: string): never => {
    throw new PoolError("INVALID_ARGUMENT", `${call}: the factory must have ${what}`, {
      details: { name: "factory" },
    });
  };
  if (typeof factory !== "object" || factory === null) return refuse("a kind, create and close");
  if (typeof Reflect.get(factory, "kind") !== "string") return refuse("a kind, as a string");
  for (const method of ["create", "close"]) {
    if (typeof Reflect.get(factory, method) !== "function") return refuse(`a method ${method}`);
  }
  for (const method of ["validate", "reset", "status", "isFatal"]) {
    const value: unknown = Reflect.get(factory, method);
    if (value !== undefined && typeof value !== "function") return refuse(`a method ${method}, or none`);
  }
}

function invalid(pool: string, name: string, takes: string, got: unknown): PoolError {
  return wrongArgument(`pool ${JSON.stringify(pool)}: ${name}`, takes, got);
}
