import { PoolError } from "../errors.js";
import type { MomentEvents } from "../events.js";
import type { Entry } from "./entry.js";
import { toldValues } from "./statement-values.js";
import { rowCountOf } from "./tell-statement.js";
import { publishStatement, releasesHeard, statementEndsHeard } from "./told-ends.js";

/** What is told of a statement, from its beginning on: its end is filled in when it comes. */
export type StatementToTell = MomentEvents["pool:statement"];

/** Does anybody listen to the end of statements and leases? */
export function endsAreHeard(): boolean {
  return statementEndsHeard() || releasesHeard();
}

// What a lease does about its statements: functions, since a private method would add a field to every lease.

/** What is to be told of a statement that has just begun. */
export function toTell(
  { owner, running, runningSince, label: own }: Entry<unknown>,
  leaseId: number,
  { statement, label = own, values }: { statement: string; label: string | undefined; values: unknown },
): StatementToTell {
  const startedAt = running === 1 ? runningSince : owner.exactNow();
  return {
    pool: owner.name,
    leaseId,
    label,
    statement,
    values: toldValues(values),
    startedAt,
    durationMs: NaN,
    rowCount: undefined,
    failed: false,
    error: undefined,
  };
}

/** @throws PoolError `LEASE_ENDED` */
export function begin(entry: Entry<unknown>, leaseId: number, statement: string): void {
  if (entry.leaseId !== leaseId) throw ended(entry, leaseId, "a statement was sent");
  entry.marked = true;
  entry.statement = statement;
  if (entry.running++ === 0) entry.runningSince = entry.instant || entry.owner.exactNow();
}

/**
 * The statement has ended. `told` is what {@link toTell} gave, where somebody listens.
 * @returns when that was; 0 where nobody listens
 */
export function end(
  entry: Entry<unknown>,
  leaseId: number,
  told: StatementToTell | undefined,
  result: unknown,
  failure: { readonly error: unknown } | undefined,
): number {
  if (told === undefined) {
    count(entry, leaseId, failure, undefined);
    return 0;
  }
  const now = entry.owner.exactNow();
  told.durationMs = now - told.startedAt;
  told.rowCount = rowCountOf(result);
  if (failure !== undefined) {
    told.failed = true;
    told.error = failure.error;
  }
  publishStatement(told);
  count(entry, leaseId, failure, now);
  return now;
}

/** @param now where it was looked up already */
function count(
  entry: Entry<unknown>,
  leaseId: number,
  failure: { readonly error: unknown } | undefined,
  now: number | undefined,
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
