import { invalidOptions, parseDuration, readOptions, type Duration, type OptionTable } from "@pool/core";
import { LONGEST_WINDOW } from "../measure/sliding-count.js";
import { METRICS, type AlertMetric } from "./measures.js";

/** When to raise an alert, as data: from code, or from a file. One alert for each rule and pool at a time. */
export interface AlertRule {
  /** Names the rule in alerts. A rule of yours with the name of a default takes its place. */
  readonly name: string;
  readonly metric: AlertMetric;
  /** Fires when the metric is above this. */
  readonly above: number;
  /** @default "warning" */
  readonly severity?: "warning" | "critical";
  /** How far back a count or ratio reaches, up to an hour, in steps of ten seconds. Times are over the monitor's window. @default 60_000 */
  readonly window?: Duration;
  /** How long the metric must be above before it fires, in ms. @default 0 */
  readonly for?: Duration;
  /** Resolves when the metric is at most this. @default 0.9 × above */
  readonly clearBelow?: number;
  /** How long the metric must be there before it resolves, in ms. @default 10_000 */
  readonly clearAfter?: Duration;
  /** Of `error-ratio`: fewer statements within the window say nothing. @default 20 */
  readonly minCount?: number;
  /** Names of the pools that it is for. @default all */
  readonly pools?: readonly string[];
}

export type ResolvedRule = Required<Omit<AlertRule, "pools" | "window" | "for" | "clearAfter">> & {
  readonly window: number;
  readonly for: number;
  readonly clearAfter: number;
  readonly pools: ReadonlySet<string> | undefined;
};

export const ruleOptions: OptionTable<AlertRule> = {
  name: { type: "string", required: true, doc: "Names the rule in alerts; that of a default takes its place." },
  metric: { type: "enum", values: Object.keys(METRICS), required: true, doc: "What is measured." },
  above: { type: "number", min: 0, required: true, doc: "Fires when the metric is above this." },
  severity: { type: "enum", values: ["warning", "critical"], default: "warning", doc: "How bad it is." },
  window: {
    type: "duration",
    min: 10_000,
    max: LONGEST_WINDOW,
    default: 60_000,
    doc: "How far back a count or ratio reaches, in steps of ten seconds. Times are over the monitor's window.",
  },
  for: { type: "duration", default: 0, doc: "How long the metric must be above before it fires." },
  clearBelow: { type: "number", min: 0, doc: "Resolves when the metric is at most this. Default: 0.9 × above." },
  clearAfter: { type: "duration", default: 10_000, doc: "How long the metric must be there before it resolves." },
  minCount: {
    type: "integer",
    min: 1,
    default: 20,
    doc: "Of `error-ratio`: fewer statements within the window say nothing.",
  },
  pools: {
    type: "custom",
    shape: "a list of names",
    check: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string" && name !== "")
        ? undefined
        : "a list of names",
    doc: "Names of the pools that it is for. Default: all.",
  },
};

/** Checks a rule and fills in the defaults. @throws PoolError `INVALID_OPTIONS` for what is none, unknown fields among it */
export function readRule(rule: unknown): ResolvedRule {
  const name = (Object(rule) as { name?: unknown }).name;
  const where = `alert rule${typeof name === "string" ? ` ${JSON.stringify(name)}` : ""}`;
  const read = readOptions(ruleOptions, rule ?? null, where) as unknown as AlertRule & { above: number }; // as the table says
  const clearBelow = read.clearBelow ?? read.above * 0.9;
  if (clearBelow > read.above)
    throw invalidOptions(where, [`clearBelow (${String(clearBelow)}) must be at most above (${String(read.above)})`]);
  const ms = (value: Duration | undefined): number => parseDuration(value) ?? 0; // checked by the table
  return {
    ...(read as Required<AlertRule>), // the table has a default for all but those below
    clearBelow,
    window: ms(read.window),
    for: ms(read.for),
    clearAfter: ms(read.clearAfter),
    pools: read.pools === undefined ? undefined : new Set(read.pools),
  };
}

/** Checks the rules, and puts them after the defaults that they do not replace. @throws PoolError `INVALID_OPTIONS` */
export function readRules(rules: readonly AlertRule[], defaults: readonly AlertRule[]): ResolvedRule[] {
  const own = rules.map(readRule);
  const names = new Set(own.map(({ name }) => name));
  if (names.size < own.length) throw invalidOptions("alert rules", ["two of them have one name"]);
  return [...defaults.map(readRule).filter(({ name }) => !names.has(name)), ...own];
}
