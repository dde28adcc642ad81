import { isPoolError } from "../errors.js";
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
  /** Cancelled, and the connection is not free yet: `over` tells when it is, and what was answered. */
  | { readonly kind: "cancelling"; readonly error: unknown; readonly over: Promise<Verdict> }
  /** No reply will come; the lease has been destroyed. */
  | { readonly kind: "lost"; readonly error: unknown };

/** Why it cannot be said that the statement took effect; undefined when the backend has said so, be it after a cancel. */
export function failureIn(verdict: Verdict): { readonly failure: unknown } | undefined {
  if (verdict.kind === "done" || (verdict.kind === "cancelled" && "late" in verdict)) return undefined;
  return { failure: verdict.error };
}

/** It may have taken effect in spite of the cancel. */
export function wasCancelled({ kind }: Verdict): boolean {
  return kind === "cancelled" || kind === "cancelling";
}

/** The driver says that the backend has heard nothing of it: `details.sent` is false. */
export function isUnsent(error: unknown): boolean {
  return isPoolError(error) && error.details.sent === false;
}

/** The error that the backend has answered with. */
export function refusalIn(verdict: Verdict): unknown {
  if (verdict.kind === "refused") return verdict.error;
  return verdict.kind === "cancelled" ? verdict.refusal : undefined;
}

/**
 * Runs one statement on a lease, and tells what became of it. Never rejects.
 * @param tellsEarly does not wait for a cancel that takes its time; only then a verdict may be "cancelling"
 */
export async function perform<R>(
  context: SqlContext<R>,
  lease: Lease<R>,
  call: StatementCall,
  tellsEarly = false,
): Promise<Verdict> {
  const run = new StatementRun(context, call, tellsEarly);
  const aborted = run.abortedBefore;
  if (aborted !== undefined) return { kind: "unsent", error: aborted.reason };
  const progress = { sent: false };
  try {
    const send = (): Promise<unknown> => {
      const { resource } = lease;
      progress.sent = true;
      return run.send(resource);
    };
    return answered(run, await lease.track(call.text, send, call.label));
  } catch (error) {
    if (!progress.sent) return { kind: "unsent", error };
    if (run.over === undefined) return failed(context, lease, run, error);
    const over = run.over.then((end) =>
      "result" in end ? answered(run, end.result) : failed(context, lease, run, end.error),
    );
    return { kind: "cancelling", error, over };
  }
}

function answered<R>(run: StatementRun<R>, result: unknown): Verdict {
  if (run.cancelled === undefined) return { kind: "done", result };
  return { kind: "cancelled", error: run.cancelled.reason, late: result };
}

function failed<R>(context: SqlContext<R>, lease: Lease<R>, run: StatementRun<R>, error: unknown): Verdict {
  const lost = run.abandoned || !lease.active || context.driver.isConnectionLost(error);
  if (lost) lease.destroy(error);
  if (run.cancelled === undefined) return { kind: lost ? "lost" : "refused", error };
  return { kind: lost ? "lost" : "cancelled", error: run.cancelled.reason, refusal: error };
}
