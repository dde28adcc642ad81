import { CLOSE_REASONS, ERROR_CLASSES, type CloseReason, type ErrorClass } from "@pool/core";
import { Series } from "../measure/series.js";
import { SlidingCount } from "../measure/sliding-count.js";
import { Timing } from "../measure/timing.js";

/** What a pool is measured with, by kinds of time. */
export const TIMES = ["wait", "hold", "use", "create", "statement"] as const;
export type TimeName = (typeof TIMES)[number];

/** What is counted, by a window as well as since the beginning. */
export const COUNTS = [
  "acquired",
  "released",
  "timeouts",
  "refused",
  "created",
  "createFailed",
  "closed",
  "statements",
  "errors",
  "slow",
  "openTransactions",
  "leaks",
] as const;
export type CountName = (typeof COUNTS)[number];

/** All that is written down of the pools, or the shared line, of one name. */
export class PoolBook {
  readonly name: string;
  readonly times = Object.fromEntries(TIMES.map((name) => [name, new Timing()])) as Record<TimeName, Timing>; // all names
  readonly counts = Object.fromEntries(COUNTS.map((name) => [name, new SlidingCount()])) as Record<
    CountName,
    SlidingCount
  >; // all names
  readonly errorsByClass = Object.fromEntries(ERROR_CLASSES.map((name) => [name, 0])) as Record<ErrorClass, number>; // all classes
  readonly closedBy = Object.fromEntries(CLOSE_REASONS.map((name) => [name, 0])) as Record<CloseReason, number>; // all reasons
  /** Waits that ended without a lease. */
  readonly timedOut = new Timing();
  readonly series: Series;
  /** When its transactions were first seen open, by lease. */
  transactions: ReadonlyMap<number, number> = new Map();
  /** The counts as they stood at the last point of the series. */
  atLastPoint = { errors: 0, timeouts: 0 };
  rows = 0;
  /** It is a pool, and not a shared line. */
  lends = false;
  kind = "";
  /** When something was last told of it, on the monitor's clock. */
  usedAt = 0;

  // What happens most is counted in plain numbers, and carried over at the end of the tick.
  acquired = 0;
  released = 0;
  statements = 0;

  constructor(name: string, points: number, stepMs: number) {
    this.name = name;
    this.series = new Series(points, stepMs);
  }

  /** Carries the counts of the tick over; idempotent. */
  settle(now: number): void {
    const { acquired, released, statements } = this;
    if (acquired > 0) this.counts.acquired.add(now, acquired);
    if (released > 0) this.counts.released.add(now, released);
    if (statements > 0) this.counts.statements.add(now, statements);
    this.acquired = this.released = this.statements = 0;
  }

  /** The tick is over. */
  turn(moveOn: boolean): void {
    for (const name of TIMES) this.times[name].turn(moveOn);
    this.timedOut.turn(moveOn);
  }
}
