import { PoolError } from "../errors.js";
import { describeValue } from "../options-text.js";
import type { AcquireOptions, Priority } from "./pool.js";

const PRIORITIES: ReadonlySet<unknown> = new Set<Priority>(["high", "normal", "low"]);

/** What is wrong with the options of an acquire, if anything. Runs on every call that has some, so it looks at each only once. */
export function checkAcquire(pool: string, options: AcquireOptions): PoolError | undefined {
  if (typeof options !== "object" || (options as unknown) === null)
    return invalid(pool, "options", "an object", options);
  const { timeout, signal, label, priority } = options;
  if (timeout !== undefined) {
    const problem = checkTimeout(pool, timeout);
    if (problem !== undefined) return problem;
  }
  if (signal !== undefined && !isSignal(signal)) return invalid(pool, "signal", "an AbortSignal", signal);
  if (label !== undefined && typeof label !== "string") return invalid(pool, "label", "a string", label);
  if (priority !== undefined && !PRIORITIES.has(priority)) {
    return invalid(pool, "priority", 'one of "high", "normal", "low"', priority);
  }
  return undefined;
}

/** By what it can do, since a signal may come from another realm. */
function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== "object" || value === null) return false;
  const { aborted, addEventListener } = value as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function";
}

export function checkTimeout(pool: string, timeout: unknown): PoolError | undefined {
  if (typeof timeout === "number" && timeout >= 0) return undefined;
  return invalid(pool, "timeout", "a number of ms, at least 0", timeout);
}

const LEAST: ReadonlyMap<string, number> = new Map([
  ["maxSize", 1],
  ["maxIdle", 0],
  ["minIdle", 0],
]);

/** @throws PoolError `INVALID_ARGUMENT` */
export function checkLimits(pool: string, limits: { maxSize?: number; maxIdle?: number; minIdle?: number }): void {
  if (typeof limits !== "object" || (limits as unknown) === null) throw invalid(pool, "limits", "an object", limits);
  for (const [name, value] of Object.entries<unknown>(limits)) {
    const least = LEAST.get(name);
    if (least === undefined) throw invalid(pool, "limits", `of ${[...LEAST.keys()].join(", ")}`, name);
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= least)) continue;
    throw invalid(pool, name, `a whole number of at least ${String(least)}`, value);
  }
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function checkSignal(pool: string, signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid(pool, "signal", "an AbortSignal", signal);
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function checkTask(pool: string, task: unknown): void {
  if (typeof task !== "function") throw invalid(pool, "task", "a function", task);
}

/** @throws PoolError `INVALID_ARGUMENT` for what has not even the methods that every factory has */
export function checkFactory(factory: unknown): void {
  const refuse = (what: string): never => {
    throw new PoolError("INVALID_ARGUMENT", `createPool: the factory must have ${what}`, {
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
  return new PoolError(
    "INVALID_ARGUMENT",
    `pool ${JSON.stringify(pool)}: ${name} must be ${takes}, got ${describeValue(got)}`,
    {
      details: { name },
    },
  );
}
