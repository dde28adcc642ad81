/**
 * What the main thread and its helpers say to each other. One message carries a list of requests, so that a hop is paid once per
 * tick and not once per statement; replies come back in lists as well.
 *
 * The files that a helper is made of import each other by `.ts`: a helper is started by file name, from the sources in tests
 * (Node strips the types) and from `dist` otherwise, and they import nothing of @pool.
 */
import { type BackupRequest } from "./backup-request.ts";

/** Values to bind: by position, or by name. */
export type Values = readonly unknown[] | Readonly<Record<string, unknown>>;

/** How a helper opens its database. */
export interface OpenSpec {
  readonly file: string;
  readonly role: "writer" | "reader";
  /** Make the file when there is none. */
  readonly create: boolean;
  /** The whole connector only reads: the file is opened so, and its journal mode left alone. */
  readonly readonly: boolean;
  readonly pragmas: readonly (readonly [name: string, value: string | number])[];
  readonly bigint: boolean;
  /** Longest wait for a lock of somebody else, in ms. */
  readonly busyTimeout: number;
  readonly statementCache: number;
}

/** One statement. `session`: the connection is lent to somebody, who may begin transactions on it. */
export interface RunRequest {
  readonly op: "run";
  readonly id: number;
  readonly text: string;
  readonly values: Values | undefined;
  readonly session: boolean;
  /** May be stopped between two rows; reading them one by one costs a third more. */
  readonly stoppable: boolean;
}

/** Statements in one transaction, begun and committed here: one message each way, whatever their number. */
export interface BatchRequest {
  readonly op: "batch";
  readonly id: number;
  readonly begin: string;
  readonly statements: readonly { readonly text: string; readonly values?: Values }[];
}

export type TaskRequest =
  /** Undo what a borrower left: an open transaction, temporary objects, changed PRAGMAs. */
  | { readonly op: "reset"; readonly id: number }
  /** Does the connection still work? */
  | { readonly op: "check"; readonly id: number }
  | { readonly op: "checkpoint"; readonly id: number; readonly mode: "PASSIVE" | "TRUNCATE" }
  | BackupRequest
  /** integrity_check and foreign_key_check of this helper's file. */
  | { readonly op: "verify"; readonly id: number }
  /** Close the connection and end. Not answered: the end of the helper is the answer. */
  | { readonly op: "close"; readonly id: number };

export type Request = RunRequest | BatchRequest | TaskRequest;

export type ToHelper =
  | { readonly type: "open"; readonly spec: OpenSpec }
  /** `list` numbers those that can be taken back; 0 for others. */
  | { readonly type: "requests"; readonly requests: readonly Request[]; readonly list: number }
  /** Give up a request that waits, for a lock or for its turn. One that runs cannot hear this. */
  | { readonly type: "cancel"; readonly id: number };

/** Rows on their way: as they are when few, else names once and values in one flat list, which costs a third less to clone. */
export type PackedRows = readonly object[] | { readonly names: readonly string[]; readonly cells: readonly unknown[] };

/**
 * Why a helper refuses, beside the driver's own errors. `writes`: not for a reader. `lock`: somebody else held a lock all the time.
 * `ended`: SQLite rolled the transaction back by itself. `gone`: the file was removed or replaced. `refused`: not allowed here.
 */
export type HelperRefusal = "writes" | "lock" | "ended" | "gone" | "refused" | "cancelled" | "input";

/** An error on its way; the main thread makes a PoolError of it. */
export interface WireError {
  readonly kind: HelperRefusal | "sqlite" | "other";
  readonly message: string;
  /** SQLite's extended code, for example `SQLITE_CONSTRAINT_UNIQUE`. */
  readonly code?: string;
  readonly waitedMs?: number;
  /** Which statement of a batch, from 0. */
  readonly statement?: number;
}

/** What a statement has done. */
export interface Outcome {
  readonly rows?: PackedRows;
  readonly changes?: number;
  readonly lastInsertRowid?: number | bigint;
}

export interface Done extends Outcome {
  readonly id: number;
  readonly error?: undefined;
  /** Of a batch, in their order. */
  readonly outcomes?: readonly Outcome[];
  /** What a task found. */
  readonly found?: Readonly<Record<string, unknown>>;
  /** Time in SQLite, without the way there and back. */
  readonly ms: number;
}

export interface Failed {
  readonly id: number;
  readonly error: WireError;
  readonly ms: number;
}

export type Reply = Done | Failed;

export type FromHelper =
  | { readonly type: "ready"; readonly journalMode: string; readonly sqliteVersion: string }
  | { readonly type: "failed"; readonly error: WireError }
  | {
      readonly type: "replies";
      readonly replies: readonly Reply[];
      readonly inTransaction: boolean;
      /** There is something for `reset` to undo. */
      readonly dirty: boolean;
      /** The schema may have changed. */
      readonly schemaChanged: boolean;
    }
  | { readonly type: "progress"; readonly id: number; readonly total: number; readonly remaining: number };

/**
 * Shared memory between the main thread and a worker: what a message could not tell a thread that is inside a query.
 * `claim` is the number of the current list times {@link CLAIM_STEP}, plus how many of its statements have begun; the main thread puts
 * {@link TAKEN_BACK} there to keep the rest from beginning. `stop` is the id of a statement that shall end at its next row. `posted` counts
 * the messages beside the ring. `asleep` is 1 while the worker sleeps on it, having nothing to do; `waits` is 1 while the main thread wants to
 * be told of replies by a message, and does not look by itself.
 */
export const CONTROL = { claim: 0, stop: 1, posted: 2, asleep: 16, waits: 32 } as const;
/** Each of the last two has a line of the processor's memory for itself. */
export const CONTROL_SIZE = 48;
export const CLAIM_STEP = 128;
export const TAKEN_BACK = -1;

/** What a worker is started with. */
export interface WorkerStart {
  readonly spec: OpenSpec;
  readonly control: Int32Array;
  readonly requests: SharedArrayBuffer;
  readonly replies: SharedArrayBuffer;
}

/** Posted by a worker to the main thread that waits: there are replies in the ring. */
export const BELL = 0;
