import type { Lease } from "../pool/lease.js";
import type { SqlDriver } from "./sql-driver.js";

// What a driver says of errors and resources. One that throws here must not take the caller's own error away, nor keep a lease from its return.

/** The connection of an error that the driver cannot judge is not lent again. */
export function isConnectionLost<R>(driver: SqlDriver<R>, error: unknown): boolean {
  try {
    return driver.isConnectionLost(error);
  } catch {
    return true;
  }
}

/** May it be run again? `unknown` is the answer where the driver cannot tell. */
export function isRetryable<R>(driver: SqlDriver<R>, error: unknown, unknown: boolean): boolean {
  try {
    return driver.isRetryable(error);
  } catch {
    return unknown;
  }
}

/** Is a transaction open on what is leased? Undefined where that is not known. */
export function isInTransaction<R>(driver: SqlDriver<R>, lease: Lease<R> | undefined): boolean | undefined {
  try {
    return lease?.active === true ? driver.inTransaction?.(lease.resource) : undefined;
  } catch {
    return undefined;
  }
}

/** How many transactions have ended on what is leased. Undefined where that is not known. */
export function transactionsEnded<R>(driver: SqlDriver<R>, lease: Lease<R>): number | undefined {
  try {
    return lease.active ? driver.transactionsEnded?.(lease.resource) : undefined;
  } catch {
    return undefined;
  }
}

/** Asks for the cancel of what runs. Where that fails, `cancelTimeout` ends the wait. */
export function cancel<R>(driver: SqlDriver<R>, resource: R, reason: unknown): void {
  try {
    const asked: unknown = driver.cancel?.(resource, reason);
    // An async function fits the type as well.
    if (asked instanceof Promise) asked.catch(() => undefined);
  } catch {
    // It was asked for, which is all that is promised.
  }
}
