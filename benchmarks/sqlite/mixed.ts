import { monitorEventLoopDelay } from "node:perf_hooks";
import { quantile } from "../lib/statistics.ts";
import { BATCH, ITEMS } from "./statements.ts";
import { idAt } from "../lib/ids.ts";
import type { SqliteSubject } from "./subject.ts";

export interface MixedOptions {
  readonly durationMs: number;
  /** How far the long read counts, so that it takes about 200 ms. */
  readonly slowCount: number;
}

export interface MixedResult {
  /** Delay of the event loop in ms; a loop with nothing to do shows the monitor's own resolution, 1 ms. */
  readonly loopMax: number;
  readonly loopP99: number;
  /** From the moment a point read is due until its row is there, in ms. */
  readonly pointP50: number;
  readonly pointP99: number;
  readonly points: number;
  readonly longReads: number;
  readonly writes: number;
}

const POINT_EVERY_MS = 1;
const WRITE_EVERY_MS = 10;
const BATCH_EVERY_MS = 100;

/**
 * A service's day in small: one long read after another, a point read each millisecond, a write every 10 and a batch every 100. Point reads
 * are due by the clock and not by the last one's end, so that a stalled loop shows in every one that it kept waiting.
 */
export async function mixed(subject: SqliteSubject, { durationMs, slowCount }: MixedOptions): Promise<MixedResult> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const latencies: number[] = [];
  const pending = new Set<Promise<unknown>>();
  let writes = 0;
  const failures: unknown[] = [];
  const follow = (result: unknown): void => {
    if (!(result instanceof Promise)) return;
    const ended = result.catch((error: unknown) => failures.push(error)).finally(() => pending.delete(ended));
    pending.add(ended);
  };
  const point = async (dueAt: number, id: number): Promise<void> => {
    const row = await subject.point(id);
    latencies.push(performance.now() - dueAt);
    if (row?.id !== id) throw new Error(`asked for item ${String(id)}, got ${JSON.stringify(row)}`);
  };

  delays.enable();
  const start = performance.now();
  const ends = start + durationMs;
  const longReads = repeatSlow(subject, slowCount, ends);
  follow(longReads);
  let [nextPoint, nextWrite, nextBatch] = [start, start, start];
  for (let now = start; now < ends; now = performance.now()) {
    for (; nextPoint <= now; nextPoint += POINT_EVERY_MS) follow(point(nextPoint, idAt(latencies.length, ITEMS)));
    for (; nextWrite <= now; nextWrite += WRITE_EVERY_MS, writes++) follow(subject.insert(1, "mixed"));
    for (; nextBatch <= now; nextBatch += BATCH_EVERY_MS, writes += BATCH) {
      follow(subject.batch(Array.from({ length: BATCH }, (_, i) => [i + 1, "mixed batch"] as const)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  delays.disable();
  if (failures.length > 0) throw new AggregateError(failures, `${String(failures.length)} statements failed`);
  return {
    loopMax: delays.max / 1e6,
    loopP99: delays.percentile(99) / 1e6,
    pointP50: quantile(latencies, 0.5),
    pointP99: quantile(latencies, 0.99),
    points: latencies.length,
    longReads: await longReads,
    writes,
  };
}

/** Long reads with a pause between them, so that somebody who runs them in the thread gets to something else at all. */
async function repeatSlow(subject: SqliteSubject, slowCount: number, ends: number): Promise<number> {
  let done = 0;
  while (performance.now() < ends) {
    const count = await subject.slow(slowCount);
    if (count !== slowCount) throw new Error(`counted to ${String(slowCount)}, got ${String(count)}`);
    done++;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return done;
}
