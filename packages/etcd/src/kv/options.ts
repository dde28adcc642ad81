import { invalidArgument, readCall, readFlag, readLabel, readLimit, readSignal, wrongArgument } from "@pool/core";

/** What every call takes. */
export interface CallOptions {
  /** Longest time, in ms. @default the client's callTimeout */
  timeout?: number;
  signal?: AbortSignal;
  /** Names the call in events. */
  label?: string;
}

export interface ReadOptions extends CallOptions {
  /** As it was at that revision of the store. @default the latest */
  revision?: bigint;
  /** Answered by the member alone, with what it has: quicker, also without a majority, and possibly stale. @default false */
  serializable?: boolean;
}

export interface RangeOptions extends ReadOptions {
  /** At most so many entries. @default all */
  limit?: number;
  /** @default "key" */
  sortBy?: "key" | "version" | "createRevision" | "modRevision" | "value";
  /** @default "ascending" */
  order?: "ascending" | "descending";
  /** Leaves the values out. @default false */
  keysOnly?: boolean;
}

/** A call's options, checked. */
export interface CheckedOptions {
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly label: string | undefined;
}

const CALL = ["timeout", "signal", "label"] as const satisfies readonly (keyof CallOptions)[];
export const READ = ["revision", "serializable"] as const satisfies readonly (keyof ReadOptions)[];

/** Checks what every call takes, and that there is nothing else than `more`. @throws PoolError `INVALID_ARGUMENT` */
export function readCallOptions<O extends CallOptions>(
  call: string,
  options: O | undefined,
  callTimeout: number,
  more: readonly (keyof O & string)[] = [],
): CheckedOptions {
  if (options === undefined) return { timeout: callTimeout, signal: undefined, label: undefined };
  readCall(call, options, [...CALL, ...more]);
  const timeout = readLimit(`${call}: timeout`, options.timeout) ?? callTimeout;
  if (timeout === Infinity) throw invalidArgument(`${call}: timeout must be finite`, "timeout");
  return {
    timeout,
    signal: readSignal(`${call}: signal`, options.signal),
    label: readLabel(`${call}: label`, options.label),
  };
}

const NUMBER = "a bigint of at least 0";

/** A revision, a version or the id of a lease, as etcd takes it. @throws PoolError `INVALID_ARGUMENT` */
export function readNumber(what: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "bigint" && value >= 0n) return value.toString();
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return String(value);
  throw wrongArgument(what, NUMBER, value);
}

/** The same of one that must not be left out. @throws PoolError `INVALID_ARGUMENT` */
export function requireNumber(what: string, value: unknown): string {
  const read = readNumber(what, value);
  if (read === undefined) throw wrongArgument(what, NUMBER, value);
  return read;
}

const SORT = { key: "Key", version: "Version", createRevision: "Create", modRevision: "Mod", value: "Value" } as const;
const ORDER = { ascending: "Ascend", descending: "Descend" } as const;

/** The part of a range request that its options are. @throws PoolError `INVALID_ARGUMENT` */
export function rangeRequestOf(call: string, options: RangeOptions = {}) {
  const { limit, sortBy, order, keysOnly, revision, serializable } = options;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0))
    throw wrongArgument(`${call}: limit`, "a whole number of at least 1", limit);
  if (sortBy !== undefined && !Object.hasOwn(SORT, sortBy))
    throw wrongArgument(`${call}: sortBy`, `one of ${Object.keys(SORT).join(", ")}`, sortBy);
  if (order !== undefined && !Object.hasOwn(ORDER, order))
    throw wrongArgument(`${call}: order`, `one of ${Object.keys(ORDER).join(", ")}`, order);
  const at = readNumber(`${call}: revision`, revision);
  return {
    ...(limit !== undefined && { limit }),
    ...((sortBy ?? order) !== undefined && {
      sort_target: SORT[sortBy ?? "key"],
      sort_order: ORDER[order ?? "ascending"],
    }),
    ...(readFlag(`${call}: keysOnly`, keysOnly) === true && { keys_only: true }),
    ...(at !== undefined && { revision: at }),
    ...(readFlag(`${call}: serializable`, serializable) === true && { serializable: true }),
  };
}
