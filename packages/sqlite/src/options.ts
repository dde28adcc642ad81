import { availableParallelism } from "node:os";
import { type Duration, invalidOptions, type PoolOptions, readOptions, type SupervisionOptions } from "@pool/core";
import { sqliteOptions } from "./option-table.js";
import { type PragmaValue } from "./pragmas.js";

/** What {@link sqlite} takes. Each is safe as it is; only `file` has to be said. */
export interface SqliteOptions
  extends
    SupervisionOptions,
    Pick<
      PoolOptions,
      | "name"
      | "acquireTimeout"
      | "connectTimeout"
      | "drainTimeout"
      | "maxWaiting"
      | "maxLifetime"
      | "leakAfter"
      | "selfDeadlock"
      | "stacks"
    > {
  /** The database's file, or `":memory:"` for one that is gone at the end. */
  file: string;
  /** Threads that read, opened at connect; and at most as many processes, opened when a read has to be cancellable. @default min(4, CPUs) */
  readers?: number;
  /** Makes the file when there is none. @default true */
  create?: boolean;
  /** Opens the file for reading only. @default false */
  readonly?: boolean;
  /** Whether integers come as numbers (inexact beyond 2^53) or as bigints. @default "number" */
  integers?: "number" | "bigint";
  /** Longest time for one statement, in ms. @default 30_000 */
  queryTimeout?: Duration;
  /** Longest wait for a lock that another program holds, in ms. @default 5_000 */
  busyTimeout?: Duration;
  /** Statements on their own that may wait at once; one more is refused with `QUEUE_FULL`. @default 10_000 */
  maxQueued?: number;
  /** Prepared statements kept by each connection. @default 200 */
  statementCache?: number;
  /** PRAGMAs for every connection, over the defaults. */
  pragmas?: Readonly<Record<string, PragmaValue>>;
  /** Size in bytes above which the log is cut off as soon as no reader needs it. @default 4_194_304 */
  walLimit?: number;
  /** Folder for the private file behind `":memory:"`. @default /dev/shm where there is room, else the system's */
  memoryFolder?: string;
}

/** Left out where there is no default to fill in. */
type MayBeMissing = "name" | "memoryFolder";

/** {@link SqliteOptions} with every default filled in, and durations in ms. */
export type ResolvedSqliteOptions = {
  readonly [K in keyof Required<SqliteOptions>]:
    | (Duration extends Required<SqliteOptions>[K] ? number : Required<SqliteOptions>[K])
    | (K extends MayBeMissing ? undefined : never);
};

/** Checks options and fills in the defaults. @throws PoolError `INVALID_OPTIONS` with every problem at once */
export function readSqliteOptions(input: unknown): ResolvedSqliteOptions {
  const read = readOptions(sqliteOptions, input, "sqlite");
  const options = {
    readers: Math.min(4, availableParallelism()),
    pragmas: {},
    ...(read as object),
  } as unknown as ResolvedSqliteOptions; // as the table says
  const problems: string[] = [];
  if (options.readonly && options.file === ":memory:")
    problems.push('readonly is of no use with ":memory:", which starts empty');
  if (options.memoryFolder !== undefined && options.file !== ":memory:")
    problems.push('memoryFolder is only for the file ":memory:"');
  if (problems.length > 0) throw invalidOptions("sqlite", problems);
  return options;
}
