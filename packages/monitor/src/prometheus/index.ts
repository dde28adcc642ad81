import { register as globalRegistry, type Metric, type Registry, type RegistryContentType } from "prom-client";
import type { Monitor } from "../monitor.js";
import type { MonitorMeasures, TimeMeasure } from "../snapshot/measures.js";
import { backendFamilies } from "./backend-families.js";
import { poolFamilies, type Family, type Sample } from "./families.js";

export interface PrometheusOptions {
  /** @default prom-client's own */
  registry?: Registry<RegistryContentType>;
  /** Upper bounds of the buckets of times, in seconds, rising. Exact where they have two significant digits. @default 0.5 ms to 30 s */
  buckets?: readonly number[];
}

const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
/** Metrics of one scrape are read off one look at the monitor. */
const FRESH_MS = 100;

/**
 * Has a monitor's figures scraped with the metrics of a prom-client registry, until disposed. Costs nothing but at a scrape: what is counted was
 * counted already.
 * @throws what prom-client throws for a name that is taken
 */
export function exposeMetrics(monitor: Monitor, options: PrometheusOptions = {}): Disposable {
  const { registry = globalRegistry, buckets = BUCKETS } = options;
  let measures: MonitorMeasures | undefined;
  let measuredAt = -Infinity;
  const measure = (): MonitorMeasures => {
    const now = performance.now();
    if (measures === undefined || now - measuredAt > FRESH_MS) {
      measures = monitor.measure();
      measuredAt = now;
    }
    return measures;
  };
  const metrics = [...poolFamilies, ...backendFamilies].map((family) => new FamilyMetric(family, measure, buckets));
  const registered: string[] = [];
  const remove = (): void => {
    for (const name of registered.splice(0)) registry.removeSingleMetric(name);
  };
  try {
    for (const metric of metrics) {
      // A registry asks a metric for its name and its values, which is all that ours has of prom-client's class.
      registry.registerMetric(metric as unknown as Metric);
      registered.push(metric.name);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { [Symbol.dispose]: remove };
}

interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

/** One metric, read afresh at each scrape. */
class FamilyMetric {
  // A registry in OpenMetrics format takes `_total` off it.
  name: string;
  readonly help: string;
  readonly type: Family["type"];
  readonly aggregator = "sum";
  readonly #family: Family;
  readonly #measure: () => MonitorMeasures;
  readonly #buckets: readonly number[];

  constructor(family: Family, measure: () => MonitorMeasures, buckets: readonly number[]) {
    this.name = family.name;
    this.help = family.help;
    this.type = family.type;
    this.#family = family;
    this.#measure = measure;
    this.#buckets = buckets;
  }

  async get() {
    const { name, help, type, aggregator } = this;
    const samples = this.#family.read(this.#measure());
    return { name, help, type, aggregator, values: samples.flatMap((sample) => this.#valuesOf(sample)) };
  }

  reset(): void {
    // What it shows is the monitor's, whose counts only grow.
  }

  #valuesOf({ labels, value }: Sample): readonly Value[] {
    if (typeof value === "number") return [{ value, labels }];
    return histogramValues(this.name, labels, value, this.#buckets);
  }
}

function histogramValues(
  name: string,
  labels: Sample["labels"],
  time: TimeMeasure,
  bounds: readonly number[],
): readonly Value[] {
  const bucket = (le: number | string, value: number): Value => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value,
  });
  return [
    // To a float's last digits 0.0025 s are not 2.5 ms.
    ...bounds.map((bound) => bucket(bound, time.countUpTo(Number((bound * 1_000).toPrecision(12))))),
    bucket("+Inf", time.count),
    { metricName: `${name}_sum`, labels, value: time.sum / 1_000 },
    { metricName: `${name}_count`, labels, value: time.count },
  ];
}
