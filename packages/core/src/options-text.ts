import type { OptionSpec, OptionTable } from "./options.js";

/** The options as rows of a Markdown table: name, what it takes, default, meaning. READMEs hold its output, and a test compares. */
export function describeOptions<O extends object>(table: OptionTable<O>): string {
  const rows = Object.entries<OptionSpec>(table).map(
    ([key, spec]) =>
      `| \`${key}\` | ${rangeOf(spec).replaceAll("|", "\\|")} | ${defaultOf(spec)} | ${spec.doc.replaceAll("|", "\\|")} |`,
  );
  return ["| option | takes | default | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** What an option takes, in words. */
export function rangeOf(spec: OptionSpec): string {
  switch (spec.type) {
    case "integer":
    case "number": {
      const noun = spec.type === "integer" ? "a whole number" : "a number";
      return `${noun}${between(spec.min, spec.max, (n) => String(n))}${spec.unit === undefined ? "" : ` ${spec.unit}`}${spec.infinity === true ? ", or Infinity" : ""}`;
    }
    case "duration":
      return `a duration in ms or as text like "30s"${between(spec.min ?? 0, spec.max, (n) => `${String(n)} ms`)}${spec.never === true ? ', or "never"' : ""}`;
    case "boolean":
      return "true or false";
    case "string":
      return spec.allowEmpty === true ? "a string" : "a string that is not empty";
    case "enum":
      return `one of ${spec.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "function":
      return spec.shape ?? "a function";
    case "custom":
      return spec.shape;
  }
}

function between(min: number | undefined, max: number | undefined, show: (n: number) => string): string {
  if (min !== undefined && max !== undefined) return ` from ${show(min)} to ${show(max)}`;
  if (min !== undefined) return ` of at least ${show(min)}`;
  return max === undefined ? "" : ` of at most ${show(max)}`;
}

function defaultOf(spec: OptionSpec): string {
  if (spec.required === true) return "required";
  if (spec.default === undefined) return "–";
  if (spec.default === Infinity) return spec.type === "duration" ? '`"never"`' : "`Infinity`";
  return `\`${JSON.stringify(spec.default)}\``;
}

/** What was given, for a message that says what was wanted: short, and never the inside of an object. */
export function describeValue(value: unknown): string {
  if (typeof value === "string")
    return value.length > 60 ? `a string of ${String(value.length)} characters` : JSON.stringify(value);
  if (value === null || ["number", "boolean", "undefined", "bigint"].includes(typeof value)) return String(value);
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  return `a ${typeof value}`;
}
