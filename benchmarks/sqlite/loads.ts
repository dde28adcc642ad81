import { cpuTime } from "../lib/cpu-time.ts";
import { BATCH, ITEMS } from "./statements.ts";
import { idAt } from "../lib/ids.ts";
import type { SqliteSubject } from "./subject.ts";

/** One load: microseconds per statement. */
export interface SqliteLoad {
  readonly name: string;
  readonly title: string;
  /** What ours must not exceed, in µs: of its cost, or of what it costs over the bare driver. */
  readonly goal?: { readonly of: "cost" | "over bare"; readonly most: number };
  measure(subject: SqliteSubject, count: number): Promise<number>;
  /** Statements of one measurement. */
  readonly count: number;
}

/** Microseconds per statement of `work`, by the clock: what waits for another thread costs time as well. */
async function elapsed(statements: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return ((performance.now() - start) * 1e3) / statements;
}

/** So many borrowers, each of which goes on to its next statement when the last one is answered. */
async function concurrently(callers: number, count: number, statement: (index: number) => unknown): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) await statement(next++);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

const rowsOf = (from: number): (readonly [number, string])[] =>
  Array.from({ length: BATCH }, (_, i) => [idAt(from + i, ITEMS), "in a batch"] as const);

export const sqliteLoads: readonly SqliteLoad[] = [
  {
    name: "point",
    title: "point read, one after another",
    goal: { of: "over bare", most: 0.3 },
    count: 20_000,
    // All in this thread for those who are in question: CPU time is the clock that others cannot disturb.
    async measure(subject, count) {
      const start = cpuTime();
      await subject.points(count);
      return ((cpuTime() - start) * 1e3) / count;
    },
  },
  {
    name: "read-1",
    title: "read off the thread, alone",
    goal: { of: "cost", most: 25 },
    count: 2_000,
    measure: (subject, count) => elapsed(count, () => concurrently(1, count, (i) => subject.read(idAt(i, ITEMS)))),
  },
  {
    name: "read-100",
    title: "read off the thread, 100 at once",
    goal: { of: "cost", most: 7 },
    count: 10_000,
    measure: (subject, count) => elapsed(count, () => concurrently(100, count, (i) => subject.read(idAt(i, ITEMS)))),
  },
  {
    name: "write-1",
    title: "insert, alone",
    count: 1_000,
    measure: (subject, count) =>
      elapsed(count, () => concurrently(1, count, (i) => subject.insert(idAt(i, ITEMS), "alone"))),
  },
  {
    name: "write-100",
    title: "insert, 100 at once",
    count: 2_000,
    measure: (subject, count) =>
      elapsed(count, () => concurrently(100, count, (i) => subject.insert(idAt(i, ITEMS), "of many"))),
  },
  {
    name: "batch",
    title: `insert, ${String(BATCH)} in a transaction`,
    count: 5_000,
    measure: (subject, count) =>
      elapsed(count, () => concurrently(1, count / BATCH, (i) => subject.batch(rowsOf(i * BATCH)))),
  },
];
