import { LONGEST_PAUSE } from "../back-off.js";
import { pickOptions, readOptions, type OptionTable } from "../options.js";
import type { Duration } from "../time.js";

/** How a connector is looked after. Every adapter takes these beside its own options; see {@link supervisionOptions}. */
export interface SupervisionOptions {
  /** Whether `connectAll` fails, and the process is not ready, without it. @default true */
  critical?: boolean;
  /** Whether the supervisor brings it back after it was lost, and goes on trying a first connect that failed. @default true */
  autoReconnect?: boolean;
  /** Longest pause between two attempts to come back, in ms; the first follows at once, and pauses double from 50 ms. @default 400 */
  reconnectInterval?: Duration;
  /** After so many failures in a row it is `failed`, and is tried every 15 s only. @default Infinity */
  maxReconnectAttempts?: number;
  /** How often it is asked how it is, ± 20 %, in ms. @default 30_000 */
  healthCheckInterval?: Duration;
  /** Longest time for one such check, in ms. @default 1_000 */
  healthCheckTimeout?: Duration;
}

/** {@link SupervisionOptions} with every default filled in, and times in ms. */
export type SupervisionPolicy = {
  readonly [K in keyof Required<SupervisionOptions>]: Duration extends Required<SupervisionOptions>[K]
    ? number
    : Required<SupervisionOptions>[K];
};

/** The table behind {@link SupervisionOptions}, for adapters to spread into their own. `defineConnector` finds the values in the spec's `options`. */
export const supervisionOptions: OptionTable<SupervisionOptions> = {
  critical: {
    type: "boolean",
    default: true,
    doc: "Whether `connectAll` fails, and the process is not ready, without it.",
  },
  autoReconnect: {
    type: "boolean",
    default: true,
    doc: "Whether the supervisor brings it back after it was lost, and goes on trying a first connect that failed.",
  },
  reconnectInterval: {
    type: "duration",
    min: 50,
    default: LONGEST_PAUSE.wanted,
    doc: "Longest pause between two attempts to come back. The first follows at once; pauses double from 50 ms, with jitter.",
  },
  maxReconnectAttempts: {
    type: "integer",
    min: 1,
    infinity: true,
    default: Infinity,
    doc: "After so many failures in a row it is `failed`, and is tried every 15 s only.",
  },
  healthCheckInterval: {
    type: "duration",
    min: 1_000,
    never: true,
    default: 30_000,
    doc: "How often the supervisor asks it how it is, ± 20 %.",
  },
  healthCheckTimeout: { type: "duration", min: 1, default: 1_000, doc: "Longest time for one such check." },
};

/** Finds the policy among a connector's options. @throws PoolError `INVALID_OPTIONS` */
export function readSupervision(options: object, where: string): SupervisionPolicy {
  return readOptions(
    supervisionOptions,
    pickOptions(supervisionOptions, options),
    where,
  ) as unknown as SupervisionPolicy; // every option has a default
}
