import { readCall, readSignal, readTimeout } from "../arguments.js";
import type { Clock } from "../time.js";
import { checkAll } from "./check-all.js";
import type { Connector } from "./connector.js";
import type { Health } from "./health.js";
import type { ConnectorState } from "./state-machine.js";

const MAX_AGE = 5_000;

/** Is the process itself able to work? Never told by a backend: one that is away is no reason to restart its clients. */
export interface Liveness {
  readonly live: true;
  /** The registry is closing, or closed. */
  readonly closing: boolean;
}

export interface ReadinessOptions {
  /** What is known for longer, in ms, is asked anew; 0 asks always. @default 5_000 */
  maxAge?: number;
  /** Longest time for each backend that is asked, in ms. @default each connector's healthCheckTimeout */
  timeout?: number;
  signal?: AbortSignal;
}

/** One connector, as readiness sees it. */
export interface ConnectorReadiness {
  /** Its backend serves, as far as is known. */
  readonly ready: boolean;
  readonly critical: boolean;
  readonly state: ConnectorState;
  /** What that rests on, and how old it is. */
  readonly health: Health;
  readonly ageMs: number;
}

/** Shall the process be given work? */
export interface Readiness {
  /** Every critical connector is. */
  readonly ready: boolean;
  /** By name. */
  readonly connectors: Readonly<Record<string, ConnectorReadiness>>;
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function readReadinessOptions(options: ReadinessOptions | undefined): ReadinessOptions {
  const given = readCall("readiness", options, ["maxAge", "timeout", "signal"]);
  readTimeout("readiness: maxAge", given.maxAge);
  readTimeout("readiness: timeout", given.timeout);
  readSignal("readiness: signal", given.signal);
  return given;
}

/** Takes what is known of each, and asks those of which nothing fresh is. Not ready, and nobody is asked, once the end has begun. Rejects only with the signal's reason. */
export async function findReadiness(
  clock: Clock,
  members: { readonly closing: boolean; readonly connectors: ReadonlyMap<string, Connector> },
  { maxAge = MAX_AGE, ...options }: ReadinessOptions,
): Promise<Readiness> {
  const connectors = members.closing ? new Map<string, Connector>() : new Map(members.connectors);
  const stale = [...connectors].filter(([, { health }]) => health === undefined || health.ageMs >= maxAge);
  const { connectors: asked } = await checkAll(clock, new Map(stale), options);
  const found = [...connectors].map(([name, it]): [string, ConnectorReadiness] => {
    // What was asked counts, also where the connector keeps nothing of it.
    const { ageMs = 0, ...health } = Object.hasOwn(asked, name) ? { ageMs: 0, ...asked[name] } : { ...it.health };
    const { critical = true, state } = it;
    const known = health as Health; // asked, or not stale
    return [name, { ready: known.healthy && state === "ready", critical, state, health: known, ageMs }];
  });
  const ready = !members.closing && found.every(([, { ready, critical }]) => ready || !critical);
  return { ready, connectors: Object.freeze(Object.fromEntries(found)) };
}
