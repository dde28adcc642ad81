import { PoolError } from "../errors.js";
import { moment } from "../events.js";
import type { Entry } from "./entry.js";
import { publishStatement, rowCountOf, tellStatement, type ToldStatement } from "./tell-statement.js";

const statements = moment("pool:statement");
const releases = moment("pool:release");

/** A statement under way, of which its end will be told. */
export interface StatementToTell extends ToldStatement {
  readonly startedAt: number;
}

/** Does anybody listen to the end of statements and leases, which is told in the async context of the caller? */
export function endsAreHeard(): boolean {
  return statements.hasSubscribers || releases.hasSubscribers;
}

// What a lease does about its statements: functions, since a private method would add a field to every lease.

/** Runs a statement, and tells it in the async context of this call. */
export function tellUnderLease<T>(
  { owner, label: own }: Entry<unknown>,
  leaseId: number,
  { statement, values, label = own }: Pick<ToldStatement, "statement" | "values" | "label">,
  work: () => PromiseLike<T>,
): Promise<T> {
  return tellStatement({ pool: owner.name, leaseId, label, statement, values }, work, () => owner.exactNow());
}

/** @throws PoolError `LEASE_ENDED` */
export function begin(entry: Entry<unknown>, leaseId: number, statement: string): void {
  if (entry.leaseId !== leaseId) throw ended(entry, leaseId, "a statement was sent");
  entry.statement = statement;
  if (entry.running++ === 0) entry.runningSince = entry.owner.exactNow();
}

/** @param now where it was looked up already */
export function end(
  entry: Entry<unknown>,
  leaseId: number,
  failure: { readonly error: unknown } | undefined,
  now?: number,
): void {
  // After its end the entry may be somebody else's: their times are not ours to count.
  if (entry.leaseId !== leaseId) return;
  if (failure !== undefined && entry.owner.checks.isFatal(failure.error)) {
    entry.retire ??= "fatal-error";
    entry.retireCause ??= failure.error;
  }
  if (--entry.running === 0) entry.busyMs += (now ?? entry.owner.exactNow()) - entry.runningSince;
}

/** The error of who goes on after the end of the lease. */
export function ended(entry: Entry<unknown>, leaseId: number, what: string): PoolError {
  const message = `pool ${JSON.stringify(entry.owner.name)}: lease ${String(leaseId)} has ended, and ${what} after it`;
  return new PoolError("LEASE_ENDED", message, { details: { leaseId } });
}

/** {@link end}, told to who listens. */
export function endAndTell(
  entry: Entry<unknown>,
  leaseId: number,
  told: StatementToTell,
  result: unknown,
  failure: { readonly error: unknown } | undefined,
): void {
  const now = entry.owner.exactNow();
  if (statements.hasSubscribers) publishStatement(told, told.startedAt, now, rowCountOf(result), failure);
  end(entry, leaseId, failure, now);
}
