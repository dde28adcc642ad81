import { sqlstateOf } from "../errors.js";
import { type SharedStatement } from "./statement.js";

// Each shared statement is a transaction of its own, and only kinds that cannot commit halfway are taken: one that failed has been rolled
// back whole, and may be sent again where the failure was ours and not its own.

/** The server has forgotten what was prepared, or it no longer fits (refused before anything of it runs); it is sent again once, without a name. */
export function isStale({ prepared, repeated }: SharedStatement, error: unknown): boolean {
  if (prepared === undefined || repeated) return false;
  const sqlstate = sqlstateOf(error);
  return sqlstate === "26000" || sqlstate === "42P05" || (sqlstate === "0A000" && isChangedPlan(error));
}

/** Cancelled: by us, where it was meant for the statement ahead, or by somebody else. */
export function isCancelled(error: unknown): boolean {
  return sqlstateOf(error) === "57014";
}

/** The message is translated, the name of the function that raised it is not. */
function isChangedPlan(error: unknown): boolean {
  return (error as { readonly routine?: unknown }).routine === "RevalidateCachedQuery";
}
