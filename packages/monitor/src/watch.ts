import { readCall, readFunction, type Timer } from "@pool/core";
import { chromeTrace, type ChromeTrace } from "./flight/chrome-trace.js";
import { Dumps, type DumpReason } from "./flight/dumps.js";
import { diffSnapshots } from "./diff-snapshots.js";
import { PoolEar } from "./hear-pools.js";
import { StatementEar } from "./hear-statements.js";
import { listen } from "./listen.js";
import type { Monitor, PoolHandle } from "./monitor.js";
import { readMonitorOptions, type MonitorOptions, type ResolvedMonitorOptions } from "./options.js";
import { makeParts, TICK_MS, type Parts } from "./parts.js";
import { poolHandles } from "./pools/handles.js";
import type { SnapshotDiff } from "./snapshot/diff.js";
import type { MonitorMeasures } from "./snapshot/measures.js";
import type { MonitorSnapshot } from "./snapshot/snapshot.js";
import { takeMeasures } from "./take-measures.js";
import { takeSnapshot } from "./take-snapshot.js";
import { turn } from "./turn.js";

/**
 * Starts to watch all pools, connectors, caches and locks of this process, those to come included, until it is disposed. Keeps no process alive. Several
 * monitors do not know of one another.
 * @throws PoolError `INVALID_OPTIONS`
 */
export function watch(options?: MonitorOptions): Monitor {
  return new Watcher(readMonitorOptions(options));
}

class Watcher implements Monitor {
  readonly #parts: Parts;
  readonly #startedAt: number;
  readonly #listening: Disposable;
  readonly #dumps: Dumps | undefined;
  readonly #listeners = new Set<(tick: MonitorSnapshot) => void>();
  #timer: Timer | undefined;
  #disposed = false;
  #windowTurnsAt: number;

  constructor(options: ResolvedMonitorOptions) {
    const { clock, flightDirectory: directory, flightFiles, flightInterval: interval } = options;
    const parts = makeParts(options);
    this.#parts = parts;
    this.#startedAt = parts.timeOfDay();
    this.#windowTurnsAt = clock.now() + options.window / 6;
    this.#dumps =
      directory === undefined
        ? undefined
        : new Dumps({ directory, mostFiles: flightFiles, interval, now: () => clock.now() });
    const ears = {
      statements: new StatementEar(parts),
      pools: new PoolEar(parts, (reason) => this.#onIncident(reason)),
    };
    this.#listening = listen(parts, ears, (error) => this.#failed("a listener of the monitor", error));
    this.#arm();
  }

  snapshot(options?: { series?: boolean }): MonitorSnapshot {
    const { series = true } = readCall("monitor.snapshot", options, ["series"]);
    return takeSnapshot(this.#parts, this.#startedAt, series);
  }

  subscribe(listener: (tick: MonitorSnapshot) => void): Disposable {
    readFunction("monitor.subscribe: listener", listener);
    const own = (tick: MonitorSnapshot): void => listener(tick);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  diff(before: MonitorSnapshot, after?: MonitorSnapshot): SnapshotDiff {
    return diffSnapshots(before, after ?? this.snapshot({ series: false }));
  }

  measure(): MonitorMeasures {
    return takeMeasures(this.#parts);
  }

  pools(): readonly PoolHandle[] {
    return poolHandles();
  }

  flight(reason = "asked"): ChromeTrace {
    const { recorder, clock, timeOfDay, classifier } = this.#parts;
    return chromeTrace(recorder.list(), { reason, now: clock.now(), at: timeOfDay(), classifier });
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { clock, sinks, recorder, traces } = this.#parts;
    this.#listening[Symbol.dispose]();
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#listeners.clear();
    for (const sink of sinks) sink.close();
    traces.close();
    recorder.clear();
  }

  #arm(): void {
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#turn();
      if (!this.#disposed) this.#arm();
    }, TICK_MS);
    this.#timer.unref();
  }

  #turn(): void {
    const now = this.#parts.clock.now();
    const moveOn = now >= this.#windowTurnsAt;
    if (moveOn) this.#windowTurnsAt = now + this.#parts.options.window / 6;
    try {
      turn(this.#parts, moveOn);
      if (this.#listeners.size > 0) this.#tell(this.snapshot({ series: false }));
    } catch (error) {
      this.#failed("a turn of the monitor", error);
    }
  }

  #tell(tick: MonitorSnapshot): void {
    for (const listener of this.#listeners) {
      try {
        listener(tick);
      } catch (error) {
        this.#failed("a subscriber of the monitor", error);
      }
    }
  }

  #onIncident(reason: DumpReason): void {
    // What led to it has been recorded; what it leads to in this turn of the loop shall be too.
    if (this.#dumps?.claim() === true) setImmediate(() => void this.#dump(reason)).unref();
  }

  async #dump(reason: DumpReason): Promise<void> {
    if (this.#disposed) return;
    try {
      const file = await this.#dumps?.write(reason, this.flight(reason));
      this.#parts.log.write(
        "info",
        { event: "flight-dump", reason, file },
        `the flight recorder was dumped (${reason})`,
      );
    } catch (error) {
      this.#failed("a dump of the flight recorder", error);
    }
  }

  #failed(what: string, error: unknown): void {
    this.#parts.log.write("error", { event: "monitor-failure", error: String(error) }, `${what} failed`);
  }
}
