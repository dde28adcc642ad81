import { borrowing } from "../pool/borrow.js";
import type { Lease } from "../pool/lease.js";
import type { AcquireOptions } from "../pool/pool.js";
import type { SqlContext } from "./context.js";
import type { StatementCall } from "./statement-run.js";
import { perform, type Verdict } from "./verdict.js";

/** Borrows a connection for one statement. */
export async function runOnce<R>(context: SqlContext<R>, call: StatementCall): Promise<unknown> {
  const { signal, label } = call;
  signal?.throwIfAborted();
  // One that is free needs no wait, and so none of the bookkeeping against deadlocks.
  const free = context.pool.tryAcquire(label === undefined ? undefined : { label });
  if (free !== undefined) return outcomeOf(await runAndRelease(context, free, call));
  const acquire: AcquireOptions = { ...(signal !== undefined && { signal }), ...(label !== undefined && { label }) };
  return await borrowing(
    context.pool,
    async (borrower) => outcomeOf(await runAndRelease(context, await borrower.acquire(acquire), call)),
    label,
  );
}

async function runAndRelease<R>(context: SqlContext<R>, lease: Lease<R>, call: StatementCall): Promise<Verdict> {
  const verdict = await perform(context, lease, call, true);
  // Its caller need not wait for a server that does not answer, but the connection is nobody's before it has.
  if (verdict.kind === "cancelling") void verdict.over.then(() => lease.release());
  else lease.release();
  return verdict;
}

function outcomeOf(verdict: Verdict): unknown {
  if (verdict.kind === "done") return verdict.result;
  throw verdict.error;
}
