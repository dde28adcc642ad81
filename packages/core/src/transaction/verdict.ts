import type { Lease } from "../pool/lease.js";
import type { SqlContext } from "./context.js";
import type { SqlResult } from "./sql.js";
import { StatementRun, type StatementCall } from "./statement-run.js";

/** What became of one statement. */
export type Verdict =
  | { readonly kind: "done"; readonly result: SqlResult }
  /** It never reached the backend: a signal had aborted, or the lease had ended. */
  | { readonly kind: "unsent"; readonly error: unknown }
  /** The backend answered with an error. */
  | { readonly kind: "refused"; readonly error: unknown }
  /** Cancelled, and the connection is free again. It may have taken effect; `late` is the result where it did and said so. */
  | { readonly kind: "cancelled"; readonly error: unknown; readonly late?: SqlResult }
  /** No reply will come; the lease has been destroyed. */
  | { readonly kind: "lost"; readonly error: unknown };

/** Runs one statement on a lease, and tells what became of it. Never rejects. */
export async function perform<R>(context: SqlContext<R>, lease: Lease<R>, call: StatementCall): Promise<Verdict> {
  const run = new StatementRun(context, call);
  const aborted = run.abortedBefore;
  if (aborted !== undefined) return { kind: "unsent", error: aborted.reason };
  const progress = { sent: false };
  try {
    const result = await lease.track(call.text, () => {
      const { resource } = lease;
      progress.sent = true;
      return run.send(resource);
    });
    return run.cancelled === undefined
      ? { kind: "done", result }
      : { kind: "cancelled", error: run.cancelled.reason, late: result };
  } catch (error) {
    if (!progress.sent) return { kind: "unsent", error };
    const told = run.cancelled === undefined ? error : run.cancelled.reason;
    if (run.abandoned || !lease.active || context.driver.isConnectionLost(error)) {
      lease.destroy(error);
      return { kind: "lost", error: told };
    }
    return { kind: run.cancelled === undefined ? "refused" : "cancelled", error: told };
  }
}
