import type { MonitorMeasures } from "../snapshot/measures.js";
import type { Family, Sample } from "./families.js";

const STATES = ["idle", "connecting", "ready", "degraded", "reconnecting", "failed", "closed"] as const;

type Read = (measures: MonitorMeasures) => readonly Sample[];

const gauge = (name: string, help: string, read: Read): Family => ({ name, help, type: "gauge", read });
const counter = (name: string, help: string, read: Read): Family => ({ name, help, type: "counter", read });
const histogram = (name: string, help: string, read: Read): Family => ({ name, help, type: "histogram", read });

/** Connectors, caches, locks and alerts, which OpenTelemetry has no names for. */
export const backendFamilies: readonly Family[] = [
  gauge("pool_connector_up", "Whether the connector is ready.", ({ connectors }) =>
    connectors.map(({ name, kind, state }) => ({
      labels: { connector: name, kind },
      value: state === "ready" ? 1 : 0,
    })),
  ),
  gauge("pool_connector_state", "1 for the state that the connector is in.", ({ connectors }) =>
    connectors.flatMap(({ name, kind, state: now }) =>
      STATES.map((state) => ({ labels: { connector: name, kind, state }, value: state === now ? 1 : 0 })),
    ),
  ),
  gauge("pool_connector_connections", "Connections that the connector has open.", ({ connectors }) =>
    connectors.flatMap(({ name, kind, connections }) =>
      connections === null ? [] : [{ labels: { connector: name, kind }, value: connections }],
    ),
  ),
  gauge("pool_connector_reading", "Other numbers of the moment that a connector tells, by name.", ({ connectors }) =>
    connectors.flatMap(({ name, kind, gauges }) =>
      Object.entries(gauges).map(([gaugeName, value]) => ({
        labels: { connector: name, kind, name: gaugeName },
        value,
      })),
    ),
  ),
  counter("pool_cache_requests_total", "Gets from a cache, by outcome.", ({ caches }) =>
    caches.flatMap(({ name, hits, stale, negative, misses, shared }) =>
      Object.entries({ hit: hits, stale, negative, miss: misses, shared }).map(([outcome, value]) => ({
        labels: { cache: name, outcome },
        value,
      })),
    ),
  ),
  counter("pool_cache_compute_failures_total", "Work behind cache entries that failed.", ({ caches }) =>
    caches.map(({ name, computeErrors }) => ({ labels: { cache: name }, value: computeErrors })),
  ),
  histogram("pool_cache_compute_time_seconds", "Time that the work behind cache entries took.", ({ caches }) =>
    caches.map(({ name, computeTime }) => ({ labels: { cache: name }, value: computeTime })),
  ),
  gauge("pool_lock_held", "Locks that are held.", ({ locks }) =>
    locks.map(({ kind, held }) => ({ labels: { kind }, value: held })),
  ),
  counter("pool_lock_failures_total", "Waits for a lock that ended without it.", ({ locks }) =>
    locks.map(({ kind, failed }) => ({ labels: { kind }, value: failed })),
  ),
  counter("pool_lock_lost_total", "Locks that were lost while they were held.", ({ locks }) =>
    locks.map(({ kind, lost }) => ({ labels: { kind }, value: lost })),
  ),
  histogram("pool_lock_wait_time_seconds", "Time until a lock was held.", ({ locks }) =>
    locks.map(({ kind, waitTime }) => ({ labels: { kind }, value: waitTime })),
  ),
  histogram("pool_lock_hold_time_seconds", "Time between the taking of a lock and its end.", ({ locks }) =>
    locks.map(({ kind, holdTime }) => ({ labels: { kind }, value: holdTime })),
  ),
  gauge("pool_alert_firing", "1 for each alert that fires.", ({ firing }) =>
    firing.map(({ rule, severity, subject }) => ({ labels: { rule, severity, subject }, value: 1 })),
  ),
];
