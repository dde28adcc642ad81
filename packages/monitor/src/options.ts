import { invalidOptions, parseDuration, readOptions, systemClock, type Clock, type Duration } from "@pool/core";
import { defaultRules } from "./alerts/default-rules.js";
import { readRules, type AlertRule, type ResolvedRule } from "./alerts/rule.js";
import type { AlertSink } from "./alerts/sink.js";
import type { Logger } from "./logging/logger.js";
import { monitorOptions } from "./option-table.js";

/** Everything about a monitor that may be set. */
export interface MonitorOptions {
  /** Where slow statements, leaks, alerts and what happens to connectors are written. Has pino's shape. @default nowhere */
  logger?: Logger;
  /** Writes every statement to the logger, at level debug. @default false */
  debug?: boolean;
  /**
   * Slow statements, and with `debug` all, are listed and logged as they were sent, with what they were called with. They may hold secrets.
   * @default false
   */
  values?: boolean;
  /** A statement that takes longer is logged and listed, in ms. @default 500 */
  logAfter?: Duration;
  /** A statement that takes longer counts as slow, in ms. @default 1_000 */
  slowAfter?: Duration;
  /** A wait for a lease that takes longer is logged, in ms. @default 2_000 */
  waitLogAfter?: Duration;
  /** Rows of the table of statements; what falls out is counted. @default 500 */
  statements?: number;
  /** How far back percentiles and recent counts reach, in ms. @default 60_000 */
  window?: Duration;
  /** How far back the series reach, in ms. @default 300_000 */
  history?: Duration;
  /** Alert rules of your own; one with the name of a default takes its place. @default none */
  rules?: readonly AlertRule[];
  /** Whether the default rules hold. @default true */
  defaultRules?: boolean;
  /** Where alerts go, beside the logger: functions, `webhook(…)`. @default none */
  sinks?: readonly AlertSink[];
  /** Longest time for one alert in one sink, in ms. @default 60_000 */
  sinkTimeout?: Duration;
  /** How many of the last events the flight recorder keeps; 0 switches it off. @default 2_000 */
  flightEvents?: number;
  /** Where the flight recorder dumps to on a timeout, a leak or an aborted drain; without it only `flight()` does. @default nowhere */
  flightDirectory?: string;
  /** Most files of this monitor there; the oldest goes. @default 10 */
  flightFiles?: number;
  /** Shortest time between two dumps, in ms. @default 60_000 */
  flightInterval?: Duration;
  /** The trace id of the async context that asks. @default OpenTelemetry's, where `@opentelemetry/api` is installed */
  traceId?: () => string | undefined;
  /** Time for tests. @default the system's clock */
  clock?: Clock;
}

export type ResolvedMonitorOptions = Readonly<
  Required<Omit<MonitorOptions, "logger" | "rules" | "defaultRules" | "flightDirectory" | "traceId" | DurationName>>
> &
  Readonly<Record<DurationName, number>> & {
    readonly logger: Logger | undefined;
    readonly rules: readonly ResolvedRule[];
    readonly flightDirectory: string | undefined;
    readonly traceId: (() => string | undefined) | undefined;
  };

const DURATIONS = [
  "logAfter",
  "slowAfter",
  "waitLogAfter",
  "window",
  "history",
  "sinkTimeout",
  "flightInterval",
] as const;
type DurationName = (typeof DURATIONS)[number];

/** Checks the options and fills in the defaults. @throws PoolError `INVALID_OPTIONS` */
export function readMonitorOptions(options: MonitorOptions | undefined): ResolvedMonitorOptions {
  const read = readOptions(monitorOptions, options, "monitor") as MonitorOptions & { defaultRules: boolean };
  const durations = Object.fromEntries(DURATIONS.map((name) => [name, parseDuration(read[name])]));
  const complete = {
    logger: undefined,
    flightDirectory: undefined,
    traceId: undefined,
    sinks: [],
    clock: systemClock,
    ...read,
    ...durations,
    rules: readRules(read.rules ?? [], read.defaultRules ? defaultRules : []),
  } as unknown as ResolvedMonitorOptions; // the table has a default for everything not named here
  const { debug, logger } = complete;
  if (debug && logger === undefined) throw invalidOptions("monitor", ["debug writes to a logger, and there is none"]);
  return complete;
}
