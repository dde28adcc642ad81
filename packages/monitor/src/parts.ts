import { AlertBook } from "./alerts/alert-book.js";
import { SinkQueue } from "./alerts/sink.js";
import { CacheBook } from "./backends/cache-book.js";
import { ConnectorBook } from "./backends/connector-book.js";
import { LockBook } from "./backends/lock-book.js";
import { BookKeeper } from "./book-keeper.js";
import { Classifier } from "./errors/classifier.js";
import { summariseError } from "./errors/summarise-error.js";
import { FlightRecorder } from "./flight/flight-recorder.js";
import { LeakBook } from "./leaks/leak-book.js";
import { SafeLog } from "./logging/logger.js";
import type { ResolvedMonitorOptions } from "./options.js";
import { PoolBooks } from "./pools/pool-books.js";
import type { AlertSnapshot } from "./snapshot/alert-snapshot.js";
import { SlowLog } from "./statements/slow-log.js";
import { StatementTable } from "./statements/statement-table.js";
import { TextCache } from "./statements/text-cache.js";
import { TraceIds } from "./trace-ids.js";

/** How long a step of the series is, and a tick, in ms. */
export const TICK_MS = 1_000;

/** What a monitor is made of; each part knows one thing and none of the others. */
export type Parts = ReturnType<typeof makeParts>;

export function makeParts(options: ResolvedMonitorOptions) {
  const { clock } = options;
  const epoch = Date.now() - clock.now();
  const log = new SafeLog(options.logger);
  const classifier = new Classifier();
  const sinks = options.sinks.map(
    (sink) =>
      new SinkQueue(sink, {
        clock,
        timeout: options.sinkTimeout,
        onFailure: (error, { id, state }) => {
          const failure = summariseError(error, classifier.classify("", error));
          log.write(
            "error",
            { event: "alert-undelivered", alert: id, state, error: failure },
            `an alert was not delivered: ${id}`,
          );
        },
      }),
  );
  const tell = (alert: AlertSnapshot): void => {
    const level = alert.state === "resolved" ? "info" : alert.severity === "critical" ? "error" : "warn";
    log.write(level, { event: "alert", ...alert }, `${alert.severity} ${alert.state}: ${alert.message}`);
    for (const sink of sinks) sink.add(alert);
  };
  const timeOfDay = (): number => Math.round(epoch + clock.now());
  const books = new PoolBooks({
    points: Math.ceil(options.history / TICK_MS),
    stepMs: TICK_MS,
    now: () => clock.now(),
  });
  const texts = new TextCache();
  const table = new StatementTable(options.statements);
  const keeper = new BookKeeper({ books, table, texts }, timeOfDay());
  return {
    options,
    clock,
    /** The time of day, on a clock that never goes back. */
    timeOfDay,
    log,
    classifier,
    sinks,
    books,
    texts,
    table,
    keeper,
    slow: new SlowLog(log, options.slowAfter),
    leaks: new LeakBook(),
    connectors: new ConnectorBook(classifier),
    caches: new CacheBook(classifier),
    locks: new LockBook(),
    alerts: new AlertBook(options.rules, tell),
    recorder: new FlightRecorder(options.flightEvents, keeper),
    traces: new TraceIds(options.traceId),
  };
}
