import { borrowing } from "../pool/borrow.js";
import type { Lease } from "../pool/lease.js";
import type { AcquireOptions } from "../pool/pool.js";
import type { SqlContext } from "./context.js";
import type { StatementCall } from "./statement-run.js";
import { perform } from "./verdict.js";

/** Borrows a connection for one statement. */
export async function runOnce<R>(context: SqlContext<R>, call: StatementCall): Promise<unknown> {
  const { signal, label } = call;
  signal?.throwIfAborted();
  const options: AcquireOptions = { ...(signal !== undefined && { signal }), ...(label !== undefined && { label }) };
  // One that is free needs no wait, and so none of the bookkeeping against deadlocks.
  const free = context.pool.tryAcquire(options);
  if (free !== undefined) return await runAndRelease(context, free, call);
  return await borrowing(
    context.pool,
    async (borrower) => {
      return await runAndRelease(context, await borrower.acquire(options), call);
    },
    label,
  );
}

async function runAndRelease<R>(context: SqlContext<R>, lease: Lease<R>, call: StatementCall): Promise<unknown> {
  try {
    const verdict = await perform(context, lease, call);
    if (verdict.kind === "done") return verdict.result;
    throw verdict.error;
  } finally {
    lease.release();
  }
}
