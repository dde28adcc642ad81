import { type OptionTable, poolOptions, supervisionOptions } from "@pool/core";
import { type SqliteOptions } from "./options.js";
import { checkPragmas } from "./pragmas.js";

/** The table behind {@link SqliteOptions}. */
export const sqliteOptions: OptionTable<SqliteOptions> = {
  file: {
    type: "custom",
    shape: 'the name of a file, or ":memory:"',
    required: true,
    check: checkFile,
    doc: 'The database\'s file, or `":memory:"` for one that is gone at the end and shared by all connections of this connector.',
  },
  name: { type: "string", doc: "Names the connector and its pools. Default: the name it is registered under." },
  readers: {
    type: "integer",
    min: 1,
    max: 64,
    doc: "Threads that read, opened at connect; and at most as many processes, opened when a read has to be cancellable. Default: the number of CPUs, at most 4.",
  },
  create: { type: "boolean", default: true, doc: "Makes the file when there is none. Its folder must exist." },
  readonly: { type: "boolean", default: false, doc: "Opens the file for reading only." },
  integers: {
    type: "enum",
    values: ["number", "bigint"],
    default: "number",
    doc: "Whether integers come as numbers (inexact beyond 2^53) or as bigints.",
  },
  acquireTimeout: { type: "duration", never: true, default: 5_000, doc: "Longest wait for a connection." },
  connectTimeout: {
    type: "duration",
    min: 1,
    never: true,
    default: 5_000,
    doc: "Longest time for opening one connection.",
  },
  queryTimeout: {
    type: "duration",
    min: 1,
    never: true,
    default: 30_000,
    doc: "Longest time for one statement, once it has a connection.",
  },
  busyTimeout: {
    type: "duration",
    max: 2 ** 31 - 1,
    default: 5_000,
    doc: "Longest wait for a lock that another program holds, then `DATABASE_LOCKED`. The wait is off this thread and can be cancelled.",
  },
  drainTimeout: { ...poolOptions.drainTimeout, doc: "How long a disconnect waits for what is under way." },
  maxWaiting: {
    ...poolOptions.maxWaiting,
    doc: "Sessions and transactions that may wait at once for others; one more is refused with `QUEUE_FULL`.",
  },
  maxQueued: {
    type: "integer",
    min: 1,
    max: 1_000_000,
    default: 10_000,
    doc: "Statements on their own that may wait at once; one more is refused with `QUEUE_FULL`.",
  },
  maxLifetime: {
    type: "duration",
    min: 1_000,
    never: true,
    default: Infinity,
    doc: "A connection is replaced at this age, when it is not lent.",
  },
  ...supervisionOptions,
  leakAfter: poolOptions.leakAfter,
  selfDeadlock: poolOptions.selfDeadlock,
  stacks: poolOptions.stacks,
  statementCache: {
    type: "integer",
    min: 0,
    max: 100_000,
    default: 200,
    doc: "Prepared statements kept by each connection.",
  },
  pragmas: {
    type: "custom",
    shape: "an object of PRAGMA names and values",
    check: checkPragmas,
    doc: "PRAGMAs for every connection, over the defaults: synchronous NORMAL, cache_size 10000, temp_store MEMORY, foreign_keys ON.",
  },
  walLimit: {
    type: "integer",
    min: 65_536,
    max: 2 ** 40,
    unit: "bytes",
    default: 4_194_304,
    doc: "Size above which the log is cut off as soon as no reader needs it.",
  },
  memoryFolder: {
    type: "string",
    doc: 'Folder for the private file behind `":memory:"`. Default: `/dev/shm` where there is room, else the system\'s.',
  },
};

function checkFile(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return 'the name of a file, or ":memory:"';
  if (value.includes("\0")) return "a name without NUL";
  // SQLite takes such a name for a plain file unless it was built otherwise: "file::memory:" makes a file of that name.
  if (/^file:/i.test(value)) return "a path and not a file: URI";
  return value.trim() === value ? undefined : "a name without white space around it";
}
