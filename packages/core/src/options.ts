import { PoolError } from "./errors.js";
import { describeValue, rangeOf } from "./options-text.js";
import { parseDuration } from "./time.js";

/** How one option is checked and described. `default: undefined` means that it may be left out. */
export type OptionSpec = { readonly doc: string; readonly default?: unknown; readonly required?: boolean } & (
  | {
      readonly type: "integer" | "number";
      readonly min?: number;
      readonly max?: number;
      readonly infinity?: boolean;
      readonly unit?: string;
    }
  /** Milliseconds, or text such as `"30s"` and `"never"`. */
  | { readonly type: "duration"; readonly min?: number; readonly max?: number; readonly never?: boolean }
  | { readonly type: "boolean" }
  | { readonly type: "string"; readonly secret?: boolean; readonly allowEmpty?: boolean }
  | { readonly type: "enum"; readonly values: readonly string[] }
  | { readonly type: "function"; readonly shape?: string }
  /** Anything that `check` accepts; it returns what is wrong, or undefined. */
  | {
      readonly type: "custom";
      readonly shape: string;
      readonly secret?: boolean;
      readonly check: (value: unknown) => string | undefined;
    }
);

/** One table per options type: checks it, fills in its defaults and yields its documentation. */
export type OptionTable<O extends object> = { readonly [K in keyof Required<O>]: OptionSpec };

/**
 * Checks `input` against `table` and fills in the defaults. Rejects what it does not know, with a message that names the option,
 * what it got and what it takes. A value of `undefined` counts as left out.
 * @param where names the thing being configured in messages, for example `pool "main"`
 * @throws PoolError `INVALID_OPTIONS` with every problem at once in `details.problems`
 */
export function readOptions<O extends object>(
  table: OptionTable<O>,
  input: unknown,
  where: string,
): Record<keyof O & string, unknown> {
  if (input !== undefined && (typeof input !== "object" || input === null || Array.isArray(input))) {
    throw invalidOptions(where, [`options must be an object, got ${describeValue(input)}`]);
  }
  const given = new Map(Object.entries(input ?? {}));
  const problems: string[] = [];
  const known = Object.keys(table);
  for (const [key, value] of given) {
    if (!known.includes(key) && value !== undefined)
      problems.push(`unknown option ${JSON.stringify(key)}${suggestion(key, known)}`);
  }
  const result: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries<OptionSpec>(table)) {
    const value: unknown = given.get(key);
    if (value === undefined) {
      if (spec.required === true) problems.push(`${key} is required: ${rangeOf(spec)}`);
      if (spec.default !== undefined) result[key] = spec.default;
      continue;
    }
    const read = readValue(spec, value);
    if ("problem" in read)
      problems.push(
        `${key} must be ${read.problem}, got ${isSecret(spec) ? `a ${typeof value}` : describeValue(value)}`,
      );
    else result[key] = read.value;
  }
  if (problems.length > 0) throw invalidOptions(where, problems);
  return result;
}

/** The error for options that are each fine and impossible together. */
export function invalidOptions(where: string, problems: readonly string[]): PoolError {
  return new PoolError("INVALID_OPTIONS", `${where}: ${problems.join("; ")}`, { details: { problems } });
}

/** Those of `options` that `table` knows: an adapter's options are of several tables. */
export function pickOptions<O extends object>(table: OptionTable<O>, options: object): Partial<O> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(table, name))) as Partial<O>; // by name; whoever reads them checks
}

/** The names of the options that hold secrets. */
export function secretNames<O extends object>(table: OptionTable<O>): ReadonlySet<string> {
  return new Set(Object.entries<OptionSpec>(table).flatMap(([key, spec]) => (isSecret(spec) ? [key] : [])));
}

function readValue(spec: OptionSpec, value: unknown): { value: unknown } | { problem: string } {
  const accepted = { value };
  const refused = { problem: rangeOf(spec) };
  switch (spec.type) {
    case "integer":
    case "number": {
      if (typeof value !== "number" || Number.isNaN(value)) return refused;
      if (value === Infinity) return spec.infinity === true ? accepted : refused;
      if (spec.type === "integer" && !Number.isSafeInteger(value)) return refused;
      return value < (spec.min ?? -Infinity) || value > (spec.max ?? Infinity) ? refused : accepted;
    }
    case "duration": {
      const ms = parseDuration(value);
      if (ms === undefined || ms < (spec.min ?? 0)) return refused;
      if (ms === Infinity) return spec.never === true ? { value: ms } : refused;
      return ms > (spec.max ?? Infinity) ? refused : { value: ms };
    }
    case "boolean":
      return typeof value === "boolean" ? accepted : refused;
    case "string":
      return typeof value === "string" && (value !== "" || spec.allowEmpty === true) ? accepted : refused;
    case "enum":
      return spec.values.includes(value as string) ? accepted : refused;
    case "function":
      return typeof value === "function" ? accepted : refused;
    case "custom": {
      const problem = spec.check(value);
      return problem === undefined ? accepted : { problem };
    }
  }
}

function isSecret(spec: OptionSpec): boolean {
  return "secret" in spec && spec.secret;
}

function suggestion(key: string, known: readonly string[]): string {
  const folded = key.toLowerCase().replaceAll(/[-_]/g, "");
  const near = known.find((name) => name.toLowerCase() === folded || editsApart(name.toLowerCase(), folded) <= 2);
  return near === undefined ? `; known are ${known.join(", ")}` : `; did you mean ${near}?`;
}

function editsApart(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
