import type { MonitorMeasures, PoolMeasures, TimeMeasure } from "../snapshot/measures.js";

/** One series of a metric. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | TimeMeasure;
}

/** One metric: its name with its unit, and how its samples are read. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter" | "histogram";
  read(measures: MonitorMeasures): readonly Sample[];
}

// The names of OpenTelemetry's semantic conventions, as its Prometheus exporter writes them; what those do not have is named alike.
const POOL = "db_client_connection_pool_name";

type PoolGauge = (
  pool: PoolMeasures & { readonly stats: NonNullable<PoolMeasures["stats"]> },
) => readonly Sample[] | number;

function gauge(name: string, help: string, read: PoolGauge): Family {
  return { name, help, type: "gauge", read: ({ pools }) => pools.flatMap((pool) => samplesOf(pool, read)) };
}

function samplesOf(pool: PoolMeasures, read: PoolGauge): readonly Sample[] {
  const { stats, name } = pool;
  if (stats === undefined) return [];
  const value = read({ ...pool, stats });
  const samples = typeof value === "number" ? [{ labels: {}, value }] : value;
  return samples.map(({ labels, value: each }) => ({ labels: { [POOL]: name, ...labels }, value: each }));
}

function counter(name: string, help: string, count: keyof PoolMeasures["counts"]): Family {
  const read = ({ pools }: MonitorMeasures): readonly Sample[] =>
    pools.map((pool) => ({ labels: { [POOL]: pool.name }, value: pool.counts[count] }));
  return { name, help, type: "counter", read };
}

function counterBy(
  name: string,
  help: string,
  label: string,
  of: (pool: PoolMeasures) => Record<string, number>,
): Family {
  const read = ({ pools }: MonitorMeasures): readonly Sample[] =>
    pools.flatMap((pool) =>
      Object.entries(of(pool)).map(([key, value]) => ({ labels: { [POOL]: pool.name, [label]: key }, value })),
    );
  return { name, help, type: "counter", read };
}

function times(name: string, help: string, time: keyof PoolMeasures["times"]): Family {
  const read = ({ pools }: MonitorMeasures): readonly Sample[] =>
    pools
      .filter((pool) => pool.stats !== undefined || pool.times[time].count > 0)
      .map((pool) => ({ labels: { [POOL]: pool.name }, value: pool.times[time] }));
  return { name, help, type: "histogram", read };
}

export const poolFamilies: readonly Family[] = [
  // OpenTelemetry's `db.client.connection.count`; promtool leaves the ending `_count` to histograms.
  gauge("db_client_connections", "Connections by state.", ({ stats }) => [
    { labels: { db_client_connection_state: "used" }, value: stats.leased },
    { labels: { db_client_connection_state: "idle" }, value: stats.idle },
    { labels: { db_client_connection_state: "connecting" }, value: stats.connecting },
  ]),
  gauge("db_client_connection_max", "Most connections that may be open.", ({ stats }) => stats.maxSize),
  gauge("db_client_connection_idle_max", "Most idle connections that are kept.", ({ stats }) => stats.maxIdle),
  gauge("db_client_connection_idle_min", "Idle connections that are kept ready.", ({ stats }) => stats.minIdle),
  gauge("db_client_connection_pending_requests", "Callers that wait for a connection.", ({ stats }) => stats.waiting),
  gauge("db_client_connection_open_leaks", "Leases that are held for too long.", ({ openLeaks }) => openLeaks),
  counter("db_client_connection_acquired_total", "Leases that were given.", "acquired"),
  counter("db_client_connection_timeouts_total", "Waits for a connection that ran into their timeout.", "timeouts"),
  counter("db_client_connection_refused_total", "Callers that were turned away.", "refused"),
  counter("db_client_connection_created_total", "Connections that were opened.", "created"),
  counter("db_client_connection_create_failures_total", "Connects that failed.", "createFailed"),
  counter(
    "db_client_connection_leaks_total",
    "Leases that were held for too long, or dropped without a release.",
    "leaks",
  ),
  counter(
    "db_client_connection_open_transactions_total",
    "Leases that came back with a transaction open.",
    "openTransactions",
  ),
  counterBy(
    "db_client_connection_closed_total",
    "Connections that were closed, by reason.",
    "reason",
    ({ closedBy }) => closedBy,
  ),
  times("db_client_connection_wait_time_seconds", "Time until a connection was lent.", "wait"),
  times("db_client_connection_use_time_seconds", "Time between a loan and its return.", "hold"),
  times("db_client_connection_busy_time_seconds", "Time of each loan in which a statement ran.", "use"),
  times("db_client_connection_create_time_seconds", "Time until a connection was open.", "create"),
  times("db_client_operation_duration_seconds", "Time that statements and commands took.", "statement"),
  counter("db_client_operation_slow_total", "Statements that were slow.", "slow"),
  counterBy(
    "db_client_operation_errors_total",
    "Statements and connects that failed, by the class of the error.",
    "error_class",
    ({ errorsByClass }) => errorsByClass,
  ),
];
