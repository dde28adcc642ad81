import { isPoolError } from "../errors.js";

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
