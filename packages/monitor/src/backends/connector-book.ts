import { openConnectors, type Connector, type EventOf } from "@pool/core";
import type { Classifier } from "../errors/classifier.js";
import { summariseError } from "../errors/summarise-error.js";
import type { ConnectorSnapshot, HealthSnapshot, Recovery, StateChange } from "../snapshot/backend-snapshot.js";
import type { ErrorSummary } from "../snapshot/error-summary.js";

const KEPT = 50;
const MOST = 200;

interface Heard {
  readonly name: string;
  readonly kind: string;
  state: string;
  since: number | null;
  health: HealthSnapshot | null;
  history: readonly StateChange[];
  recoveries: readonly Recovery[];
}

/** What has been heard of connectors: their states, health and recoveries. */
export class ConnectorBook {
  readonly #classifier: Classifier;
  readonly #records = new Map<string, Heard>();
  readonly #checks = new WeakMap<object, number>();

  constructor(classifier: Classifier) {
    this.#classifier = classifier;
  }

  changed({ connector, kind, from, to, cause }: EventOf<"connector:state">, at: number): void {
    const record = this.#record(connector, kind);
    if (record.state !== to) record.since = at;
    record.state = to;
    record.history = [{ at, from, to, cause: this.#told(connector, cause) }, ...record.history].slice(0, KEPT);
  }

  recovered(event: EventOf<"connector:recovery">, at: number): void {
    const { connector, kind, errorClass, action, attempt } = event;
    const record = this.#record(connector, kind);
    const recovery = { at, errorClass, action, attempt, cause: this.#told(connector, event.cause) };
    record.recoveries = [recovery, ...record.recoveries].slice(0, KEPT);
  }

  checkStarts(event: object, now: number): void {
    this.#checks.set(event, now);
  }

  checked(event: EventOf<"connector:health">, now: number, at: number): void {
    const { connector, kind, error } = event;
    const latencyMs = now - (this.#checks.get(event) ?? now);
    const healthy = error === undefined;
    this.#record(connector, kind).health = { healthy, latencyMs, checkedAt: at, error: this.#told(connector, error) };
  }

  stateOf(connector: string): string | undefined {
    return this.#records.get(connector)?.state;
  }

  /** Those that are open, and those that were heard of, by name. */
  list(): ConnectorSnapshot[] {
    const open = new Map(openConnectors().map((connector) => [connector.name, connector]));
    for (const { name, kind } of open.values()) this.#record(name, kind);
    return Array.from(this.#records.values(), (record) => view(record, open.get(record.name))).sort((one, other) =>
      one.name < other.name ? -1 : 1,
    );
  }

  #record(name: string, kind: string): Heard {
    const known = this.#records.get(name);
    if (known !== undefined) return known;
    // Of connectors that come and go, those that came first are forgotten first.
    const [oldest] = this.#records.keys();
    if (this.#records.size >= MOST && oldest !== undefined) this.#records.delete(oldest);
    const record: Heard = { name, kind, state: "idle", since: null, health: null, history: [], recoveries: [] };
    this.#records.set(name, record);
    return record;
  }

  #told(connector: string, cause: unknown): ErrorSummary | null {
    return cause === undefined ? null : summariseError(cause, this.#classifier.classify(connector, cause));
  }
}

function view(record: Heard, connector: Connector | undefined): ConnectorSnapshot {
  const { name, kind, since, health, history, recoveries } = record;
  const state = connector?.state ?? (record.state as ConnectorSnapshot["state"]); // of a connector:state event
  return {
    name,
    kind,
    state,
    isConnected: connector?.isConnected ?? false,
    since,
    connections: read(() => connector?.connections) ?? null,
    gauges: { ...read(() => connector?.gauges) },
    health,
    history,
    recoveries,
  };
}

/** An adapter's own getter may throw. */
function read<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}
