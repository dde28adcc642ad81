import { borrowing, isInTask, type Borrower } from "../pool/borrow.js";
import type { Lease } from "../pool/lease.js";
import type { AcquireOptions } from "../pool/pool.js";
import type { SqlContext } from "./context.js";
import type { StatementCall } from "./statement-run.js";
import { perform } from "./verdict.js";

/** Borrows a connection for one statement. Throws at once when the call's signal has aborted. */
export function runOnce<R>(context: SqlContext<R>, call: StatementCall): Promise<unknown> {
  const { pool } = context;
  const { signal, label, work } = call;
  signal?.throwIfAborted();
  // One that is free needs no wait, and so none of the bookkeeping against deadlocks.
  const free = pool.tryAcquire(label === undefined ? undefined : { label });
  if (free !== undefined) return runAndRelease(context, free, call);
  const acquire: AcquireOptions = { ...(signal !== undefined && { signal }), ...(label !== undefined && { label }) };
  const run = async (borrower: Borrower<R>): Promise<unknown> =>
    await runAndRelease(context, await borrower.acquire(acquire), call);
  // A statement acquires nothing while it runs: outside of all tasks there is nobody whom it could wait for in a circle.
  return work !== undefined || isInTask() ? borrowing(pool, run, label) : run(pool);
}

async function runAndRelease<R>(context: SqlContext<R>, lease: Lease<R>, call: StatementCall): Promise<unknown> {
  const verdict = await perform(context, lease, call, true);
  // Its caller need not wait for a server that does not answer, but the connection is nobody's before it has.
  if (verdict.kind === "cancelling") void verdict.over.then(() => lease.release());
  else lease.release();
  if (verdict.kind === "done") return verdict.result;
  throw verdict.error;
}
