import { type Duration, type OptionTable, readOptions } from "@pool/core";

/** How `client.shared` behaves. */
export interface SharedOptions {
  /** Pipelined connections, beside those of the pool. @default 1 */
  connections?: number;
  /** Statements sent and not answered yet on one connection; more wait in the queue. @default 256 */
  maxDepth?: number;
  /** Statements that may wait to be sent; one more is refused with `QUEUE_FULL`. @default 10_000 */
  maxQueued?: number;
  /** A statement that runs longer has its connection retired: nothing more is sent behind it. @default 1_000 */
  slowAfter?: Duration;
  /** Retired connections that may still be open, for what was sent on them; while there are so many, no fresh one is opened. @default 4 */
  maxRetired?: number;
}

/** {@link SharedOptions} with its defaults, in ms. */
export interface ResolvedSharedOptions {
  readonly connections: number;
  readonly maxDepth: number;
  readonly maxQueued: number;
  readonly slowAfter: number;
  readonly maxRetired: number;
}

/** The table behind {@link SharedOptions}. */
export const sharedOptions: OptionTable<SharedOptions> = {
  connections: { type: "integer", min: 1, max: 2, default: 1, doc: "Pipelined connections, beside those of the pool." },
  maxDepth: {
    type: "integer",
    min: 1,
    max: 10_000,
    default: 256,
    doc: "Statements sent and not answered yet on one connection; more wait in the queue.",
  },
  maxQueued: {
    type: "integer",
    min: 1,
    max: 1_000_000,
    default: 10_000,
    doc: "Statements that may wait to be sent; one more is refused with `QUEUE_FULL`.",
  },
  slowAfter: {
    type: "duration",
    min: 10,
    never: true,
    default: 1_000,
    doc: "A statement that runs longer has its connection retired: nothing more is sent behind it.",
  },
  maxRetired: {
    type: "integer",
    min: 1,
    max: 100,
    default: 4,
    doc: "Retired connections that may still be open, for what was sent on them; while there are so many, no fresh one is opened.",
  },
};

/** @throws PoolError `INVALID_OPTIONS` */
export function readSharedOptions(input: unknown, where: string): ResolvedSharedOptions {
  // The table has checked the types and filled in what was left out.
  return readOptions(sharedOptions, input, where) as unknown as ResolvedSharedOptions;
}
