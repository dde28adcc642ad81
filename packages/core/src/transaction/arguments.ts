import {
  readFlag,
  readFunction,
  readKeys,
  readLabel,
  readObject,
  readSignal,
  readTimeout,
  wrongArgument,
} from "../arguments.js";
import type { AcquireOptions } from "../pool/pool.js";
import type { IsolationLevel, SessionOptions, TransactionOptions } from "./sql.js";

const ISOLATION: readonly unknown[] = [
  "read uncommitted",
  "read committed",
  "repeatable read",
  "serializable",
] satisfies IsolationLevel[];
const TRANSACTION_OPTIONS = [
  "isolation",
  "readOnly",
  "mode",
  "signal",
  "label",
  "retries",
  "acquireTimeout",
] satisfies (keyof TransactionOptions)[];
const SESSION_OPTIONS = ["signal", "timeout", "label", "priority", "readOnly"] satisfies (keyof SessionOptions)[];

/** Checks the options of a transaction, a begin (`allowed` names which it takes). @throws PoolError `INVALID_ARGUMENT` */
export function readTransactionOptions(
  options: TransactionOptions,
  call: string,
  allowed: readonly (keyof TransactionOptions)[] = TRANSACTION_OPTIONS,
): TransactionOptions {
  readObject(`${call}: options`, options);
  readKeys(call, options, allowed);
  const { isolation, readOnly, mode, retries, acquireTimeout, signal, label } = options;
  if (isolation !== undefined && !ISOLATION.includes(isolation))
    throw wrongArgument(`${call}: isolation`, `one of ${ISOLATION.join(", ")}`, isolation);
  if (retries !== undefined && !(Number.isSafeInteger(retries) && retries >= 0))
    throw wrongArgument(`${call}: retries`, "a whole number of at least 0", retries);
  readFlag(`${call}: readOnly`, readOnly);
  readLabel(`${call}: mode`, mode);
  readTimeout(`${call}: acquireTimeout`, acquireTimeout);
  readSignal(`${call}: signal`, signal);
  readLabel(`${call}: label`, label);
  return options;
}

/** Checks the options of a session or acquire, and says which of them are the pool's. @throws PoolError `INVALID_ARGUMENT` */
export function readSessionOptions(options: SessionOptions, call: string): AcquireOptions {
  readObject(`${call}: options`, options);
  readKeys(call, options, SESSION_OPTIONS);
  readFlag(`${call}: readOnly`, options.readOnly);
  return toAcquire(options);
}

/** Only what is given, since the pool takes no `undefined`. */
export function toAcquire({
  signal,
  timeout,
  label,
  priority,
}: { readonly [K in keyof AcquireOptions]: AcquireOptions[K] | undefined }): AcquireOptions {
  return {
    ...(signal !== undefined && { signal }),
    ...(timeout !== undefined && { timeout }),
    ...(label !== undefined && { label }),
    ...(priority !== undefined && { priority }),
  };
}

/** Checks a callback. @throws PoolError `INVALID_ARGUMENT` */
export function readWork(work: unknown, call: string): void {
  readFunction(`${call}: work`, work);
}
