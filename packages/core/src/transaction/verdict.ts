import type { Lease } from "../pool/lease.js";
import type { SqlContext } from "./context.js";
import { StatementRun, type StatementCall } from "./statement-run.js";

/** What became of one statement. */
export type Verdict =
  | { readonly kind: "done"; readonly result: unknown }
  /** It never reached the backend: a signal had aborted, or the lease had ended. */
  | { readonly kind: "unsent"; readonly error: unknown }
  /** The backend answered with an error. */
  | { readonly kind: "refused"; readonly error: unknown }
  /** Cancelled, and the connection is free again. It may have taken effect: `late` and `refusal` are what was answered all the same. */
  | { readonly kind: "cancelled"; readonly error: unknown; readonly late?: unknown; readonly refusal?: unknown }
  /** No reply will come; the lease has been destroyed. */
  | { readonly kind: "lost"; readonly error: unknown };

/** Why it cannot be said that the statement took effect; undefined when the backend has said so, be it after a cancel. */
export function failureIn(verdict: Verdict): { readonly failure: unknown } | undefined {
  if (verdict.kind === "done" || (verdict.kind === "cancelled" && "late" in verdict)) return undefined;
  return { failure: verdict.error };
}

/** The error that the backend has answered with. */
export function refusalIn(verdict: Verdict): unknown {
  if (verdict.kind === "refused") return verdict.error;
  return verdict.kind === "cancelled" ? verdict.refusal : undefined;
}

/** Runs one statement on a lease, and tells what became of it. Never rejects. */
export async function perform<R>(context: SqlContext<R>, lease: Lease<R>, call: StatementCall): Promise<Verdict> {
  const run = new StatementRun(context, call);
  const aborted = run.abortedBefore;
  if (aborted !== undefined) return { kind: "unsent", error: aborted.reason };
  const progress = { sent: false };
  try {
    const send = (): Promise<unknown> => {
      const { resource } = lease;
      progress.sent = true;
      return run.send(resource);
    };
    const result = await lease.track(call.text, send, call.label);
    if (run.cancelled !== undefined) return { kind: "cancelled", error: run.cancelled.reason, late: result };
    return { kind: "done", result };
  } catch (error) {
    if (!progress.sent) return { kind: "unsent", error };
    const lost = run.abandoned || !lease.active || context.driver.isConnectionLost(error);
    if (lost) lease.destroy(error);
    if (run.cancelled === undefined) return { kind: lost ? "lost" : "refused", error };
    return { kind: lost ? "lost" : "cancelled", error: run.cancelled.reason, refusal: error };
  }
}
