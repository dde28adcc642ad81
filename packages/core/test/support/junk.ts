import { isPoolError } from "../../src/errors.js";
import { describeValue } from "../../src/options-text.js";

/** Values that no call means: of every type, and objects that look like options and are none. */
export const JUNK: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  Number.NaN,
  -Infinity,
  1.5,
  1e300,
  "",
  "x",
  7n,
  Symbol("s"),
  [],
  [1],
  {},
  Object.create(null),
  { signal: "x" },
  { signal: 5 },
  { signal: {} },
  { signal: null },
  { timeout: "x" },
  { timeout: {} },
  { timeout: null },
  { label: 5 },
  { label: Symbol("s") },
  { role: 5 },
  { priority: "urgent" },
  { readOnly: "yes" },
  { isolation: 5 },
  { retries: Number.NaN },
  { mode: 5 },
  { unheardOf: 1 },
  { text: 5 },
  { text: "SELECT", values: 5 },
  { text: "SELECT", unheardOf: 1 },
  { maxSize: 2_000_000 },
  { maxSize: "9" },
  () => undefined,
  () => {
    throw new Error("thrown by junk");
  },
  new Date(0),
  new Error("junk"),
  Promise.resolve(1),
];

export interface Outcome {
  readonly call: string;
  readonly problem: string;
}

/** Names what a call did that none may: threw something that is not ours, or a refusal that does not name its field. */
export async function callWith(
  name: string,
  call: (...args: readonly unknown[]) => unknown,
  args: readonly unknown[],
  allowed: readonly string[],
): Promise<Outcome | undefined> {
  const told = `${name}(${args.map(show).join(", ")})`;
  try {
    await call(...args);
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.message === "thrown by junk") return undefined;
    if (!isPoolError(error))
      return { call: told, problem: `threw ${error instanceof Error ? String(error.stack) : describeValue(error)}` };
    if (allowed.includes(error.code)) return undefined;
    if (error.code !== "INVALID_ARGUMENT" && error.code !== "INVALID_OPTIONS")
      return { call: told, problem: `threw ${error.code}: ${error.message}` };
    const named = /\b(must|takes|belongs?|unknown option|required|name of)\b/.test(error.message);
    return named ? undefined : { call: told, problem: `names nothing: ${error.message}` };
  }
}

function show(value: unknown): string {
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, item]) => `${key}: ${describeValue(item)}`)
      .join(", ")} }`;
  return describeValue(value);
}
