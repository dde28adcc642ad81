import { PoolError } from "./errors.js";
import { describeValue } from "./options-text.js";
import type { Clock } from "./time.js";

// The checks of what functions are called with, for core and for adapters. `what` names the call and the argument: `query: timeout`.

/** Checks that it may be taken apart. @throws PoolError `INVALID_ARGUMENT` */
export function readObject(what: string, value: unknown): object {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrongArgument(what, "an object", value);
  return value;
}

/** Checks that options hold nothing else than what is known. A value of `undefined` counts as left out. @throws PoolError `INVALID_ARGUMENT` */
export function readKeys(call: string, options: object, known: readonly string[]): void {
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined && !known.includes(key))
      throw invalidArgument(`${call} takes no option ${JSON.stringify(key)}; it takes ${known.join(", ")}`, key);
  }
}

/** Checks options as a whole, which may be left out. @throws PoolError `INVALID_ARGUMENT` */
export function readCall<O extends object>(
  call: string,
  options: O | undefined,
  known: readonly (keyof O & string)[],
): O {
  if (options === undefined) return {} as O; // options may all be left out
  readObject(`${call}: options`, options);
  readKeys(call, options, known);
  return options;
}

/** Checks a signal, which may be left out. @throws PoolError `INVALID_ARGUMENT` */
export function readSignal(what: string, signal: unknown): AbortSignal | undefined {
  if (signal === undefined || isSignal(signal)) return signal;
  throw wrongArgument(what, "an AbortSignal", signal);
}

/** By what it can do, since a signal may come from another realm. */
export function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== "object" || value === null) return false;
  const { aborted, addEventListener } = value as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function";
}

/** Checks a bound in ms that is above 0, which may be left out. @throws PoolError `INVALID_ARGUMENT` */
export function readLimit(what: string, ms: unknown): number | undefined {
  if (ms === undefined || (typeof ms === "number" && ms > 0)) return ms;
  throw wrongArgument(what, "more than 0 ms, or Infinity", ms);
}

/** Checks a wait in ms, which may be 0 and may be left out. @throws PoolError `INVALID_ARGUMENT` */
export function readTimeout(what: string, ms: unknown): number | undefined {
  if (ms === undefined || (typeof ms === "number" && ms >= 0)) return ms;
  throw wrongArgument(what, "a number of ms, at least 0", ms);
}

/** Checks a text, which may be left out. @throws PoolError `INVALID_ARGUMENT` */
export function readLabel(what: string, label: unknown): string | undefined {
  if (label === undefined || typeof label === "string") return label;
  throw wrongArgument(what, "a string", label);
}

/** Checks a yes or no, which may be left out. @throws PoolError `INVALID_ARGUMENT` */
export function readFlag(what: string, flag: unknown): boolean | undefined {
  if (flag === undefined || typeof flag === "boolean") return flag;
  throw wrongArgument(what, "true or false", flag);
}

/** Checks a name. @throws PoolError `INVALID_ARGUMENT` */
export function readName(what: string, name: unknown): string {
  if (typeof name === "string" && name !== "") return name;
  throw wrongArgument(what, "a string that is not empty", name);
}

/** Checks a callback. @throws PoolError `INVALID_ARGUMENT` */
export function readFunction(what: string, value: unknown): void {
  if (typeof value !== "function") throw wrongArgument(what, "a function", value);
}

/** Checks a clock. @throws PoolError `INVALID_ARGUMENT` */
export function readClock(what: string, clock: unknown): void {
  for (const method of ["now", "setTimeout", "clearTimeout"] satisfies (keyof Clock)[])
    readFunction(`${what}.${method}`, Reflect.get(Object(clock) as object, method));
}

/** `what` must be `takes`, and is not. Names the kind of an object, never its inside. */
export function wrongArgument(what: string, takes: string, got: unknown): PoolError {
  return invalidArgument(`${what} must be ${takes}, got ${describeValue(got)}`, what.slice(what.lastIndexOf(" ") + 1));
}

/** `name` is the argument's or option's own. */
export function invalidArgument(message: string, name?: string): PoolError {
  return new PoolError("INVALID_ARGUMENT", message, name === undefined ? {} : { details: { name } });
}
