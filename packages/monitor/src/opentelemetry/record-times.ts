import type { Attributes as OtelAttributes, Histogram, Meter } from "@opentelemetry/api";
import type { Attributes } from "./attributes.js";
import { onEventSafely, together } from "./guarded.js";

/** The bounds that the semantic conventions advise, in seconds. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
const MOST_KEPT = 2_000;

/** Records each time that is told into histograms. */
export function recordTimes(meter: Meter, attributes: Attributes): Disposable {
  const histogram = (name: string, description: string): Histogram =>
    meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries: BOUNDS } });
  const wait = histogram(
    "db.client.connection.wait_time",
    "The time it took to obtain an open connection from the pool.",
  );
  const use = histogram(
    "db.client.connection.use_time",
    "The time between borrowing a connection and returning it to the pool.",
  );
  const create = histogram("db.client.connection.create_time", "The time it took to create a new connection.");
  const duration = histogram("db.client.operation.duration", "Duration of database client operations.");

  const creates = new WeakMap<object, number>();
  const operations = new OperationAttributes(attributes);
  return together([
    onEventSafely("pool:lease", ({ pool, waitedMs }) => wait.record(waitedMs / 1_000, attributes.pool(pool))),
    onEventSafely("pool:release", ({ pool, heldMs }) => use.record(heldMs / 1_000, attributes.pool(pool))),
    onEventSafely("pool:create:start", (event) => creates.set(event, performance.now())),
    onEventSafely("pool:create", (event) => {
      const startedAt = creates.get(event);
      if (event.error === undefined && startedAt !== undefined)
        create.record((performance.now() - startedAt) / 1_000, attributes.pool(event.pool));
    }),
    onEventSafely("pool:statement", ({ pool, statement, durationMs, failed, error }) => {
      duration.record(
        durationMs / 1_000,
        operations.of(pool, statement, failed ? attributes.errorType(error) : undefined),
      );
    }),
  ]);
}

/** One object for each pool, operation and error, instead of one for each statement. */
class OperationAttributes {
  readonly #attributes: Attributes;
  readonly #made = new Map<string, OtelAttributes>();

  constructor(attributes: Attributes) {
    this.#attributes = attributes;
  }

  of(pool: string, statement: string, errorType: string | undefined): OtelAttributes {
    const { name } = this.#attributes.operation(statement);
    const key = `${name} ${errorType ?? ""} ${pool}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    if (this.#made.size >= MOST_KEPT) this.#made.clear();
    const made = {
      "db.system.name": this.#attributes.system(pool),
      "db.operation.name": name,
      ...this.#attributes.pool(pool),
      ...(errorType !== undefined && { "error.type": errorType }),
    };
    this.#made.set(key, made);
    return made;
  }
}
