import type { OptionTable } from "@pool/core";
import type { MonitorOptions } from "./options.js";

const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "function");

const isListOf = (value: unknown, type: string): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === type);

/** The table behind {@link MonitorOptions}. */
export const monitorOptions: OptionTable<MonitorOptions> = {
  logger: {
    type: "custom",
    shape: "a logger with debug, info, warn and error",
    check: (value) =>
      hasMethods(value, ["debug", "info", "warn", "error"]) ? undefined : "a logger with debug, info, warn and error",
    doc: "Where slow statements, leaks, alerts and what happens to connectors are written. Has pino's shape.",
  },
  debug: { type: "boolean", default: false, doc: "Writes every statement to the logger, at level debug." },
  values: {
    type: "boolean",
    default: false,
    doc: "Slow statements, and with `debug` all, are listed and logged as they were sent, with what they were called with. They may hold secrets.",
  },
  logAfter: { type: "duration", never: true, default: 500, doc: "A statement that takes longer is logged and listed." },
  slowAfter: { type: "duration", never: true, default: 1_000, doc: "A statement that takes longer counts as slow." },
  waitLogAfter: {
    type: "duration",
    never: true,
    default: 2_000,
    doc: "A wait for a lease that takes longer is logged.",
  },
  statements: {
    type: "integer",
    min: 10,
    max: 10_000,
    default: 500,
    doc: "Rows of the table of statements; what falls out is counted.",
  },
  window: {
    type: "duration",
    min: 6_000,
    max: 3_600_000,
    default: 60_000,
    doc: "How far back percentiles and recent counts reach.",
  },
  history: { type: "duration", min: 10_000, max: 3_600_000, default: 300_000, doc: "How far back the series reach." },
  rules: {
    type: "custom",
    shape: "a list of alert rules",
    check: (value) => (isListOf(value, "object") ? undefined : "a list of alert rules"),
    doc: "Alert rules of your own; one with the name of a default takes its place.",
  },
  defaultRules: { type: "boolean", default: true, doc: "Whether the default rules hold." },
  sinks: {
    type: "custom",
    shape: "a list of functions",
    check: (value) => (isListOf(value, "function") ? undefined : "a list of functions"),
    doc: "Where alerts go, beside the logger: functions, `webhook(…)`.",
  },
  sinkTimeout: { type: "duration", min: 1, default: 60_000, doc: "Longest time for one alert in one sink." },
  flightEvents: {
    type: "integer",
    min: 0,
    max: 100_000,
    default: 2_000,
    doc: "How many of the last events the flight recorder keeps; 0 switches it off.",
  },
  flightDirectory: {
    type: "string",
    doc: "Where the flight recorder dumps to on a timeout, a leak or an aborted drain. Without it only `flight()` does.",
  },
  flightFiles: {
    type: "integer",
    min: 1,
    max: 1_000,
    default: 10,
    doc: "Most files of this monitor there; the oldest goes.",
  },
  flightInterval: { type: "duration", min: 1_000, default: 60_000, doc: "Shortest time between two dumps." },
  traceId: {
    type: "function",
    doc: "The trace id of the async context that asks. Default: OpenTelemetry's, where `@opentelemetry/api` is installed.",
  },
  clock: {
    type: "custom",
    shape: "a Clock",
    check: (value) => (hasMethods(value, ["now", "setTimeout", "clearTimeout"]) ? undefined : "a Clock"),
    doc: "Time for tests. Default: the system's clock.",
  },
};
