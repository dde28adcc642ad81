import { borrowing, isInTask } from "../pool/borrow.js";
import { PoolLease, type Lease } from "../pool/lease.js";
import type { AcquireOptions } from "../pool/pool.js";
import type { SqlContext } from "./context.js";
import type { Done } from "./sql-driver.js";
import type { StatementCall } from "./statement-run.js";
import { perform } from "./perform.js";

/** Borrows a connection for one statement. Throws at once when the call's signal has aborted. */
export function runOnce<R>(context: SqlContext<R>, call: StatementCall): Promise<unknown> {
  const { pool } = context;
  const { signal, label, work } = call;
  signal?.throwIfAborted();
  // One that is free needs no wait, and a statement acquires nothing while it runs: none of the bookkeeping against deadlocks.
  const free = work === undefined ? pool.tryAcquire(label === undefined ? undefined : { label }) : undefined;
  if (free !== undefined) return runAtOnce(context, free, call);
  // Outside of all tasks there is nobody whom it could wait for in a circle.
  if (work === undefined && !isInTask()) return runWhenLent(context, call, pool.acquire(requestOf(call)));
  return borrowing(pool, (borrower) => runWhenLent(context, call, borrower.acquire(requestOf(call))), label);
}

function requestOf({ signal, label }: StatementCall): AcquireOptions | undefined {
  if (signal === undefined && label === undefined) return undefined;
  return { ...(signal !== undefined && { signal }), ...(label !== undefined && { label }) };
}

function runAtOnce<R>(context: SqlContext<R>, lease: Lease<R>, call: StatementCall): Promise<unknown> {
  const own = lease instanceof PoolLease ? (lease as PoolLease<R>) : undefined;
  own?.instantOfLoan();
  const answer = new Promise((resolve, reject) => runAndRelease(context, lease, call, { resolve, reject }));
  own?.instantIsOver();
  return answer;
}

// Each promise on a statement's way costs about as much as a look at the clock, hence as few as may be.
function runWhenLent<R>(context: SqlContext<R>, call: StatementCall, lent: Promise<Lease<R>>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lent.then((lease) => runAndRelease(context, lease, call, { resolve, reject }), reject);
  });
}

function runAndRelease<R>(context: SqlContext<R>, lease: Lease<R>, call: StatementCall, done: Done<unknown>): void {
  perform(context, lease, call, true, (verdict) => {
    // Its caller need not wait for a server that does not answer, but the connection is nobody's before it has.
    if (verdict.kind === "cancelling") void verdict.over.then(() => lease.release());
    else lease.release();
    if (verdict.kind === "done") done.resolve(verdict.result);
    else done.reject(verdict.error);
  });
}
