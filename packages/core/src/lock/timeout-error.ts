import { PoolError, reasonOf, withoutStack } from "../errors.js";
import type { Asking } from "./asking.js";
import type { Held } from "./held.js";
import type { LockCall } from "./options.js";

/** Says who has the lock, as far as this process knows. */
export function timeoutError(
  kind: string,
  { label, timeout }: LockCall,
  waitedMs: number,
  asking: Asking,
  holder: Held | undefined,
): PoolError {
  const { key } = asking.wanted;
  const { lastFailure: cause } = asking;
  const who = label === undefined ? "" : ` for ${JSON.stringify(label)}`;
  const message = `lock ${JSON.stringify(key)} could not be had${who} within ${String(timeout)} ms: ${reasonFor(asking, holder)}`;
  const held = holder && { label: holder.label, heldMs: holder.heldMs, token: String(holder.token) };
  const details = { kind, key, label, waitedMs: Math.round(waitedMs), holder: held };
  return withoutStack(() => new PoolError("LOCK_TIMEOUT", message, { ...(cause !== undefined && { cause }), details }));
}

function reasonFor({ lastFailure, isUnanswered }: Asking, holder: Held | undefined): string {
  if (lastFailure !== undefined) return `the backend failed, last with: ${reasonOf(lastFailure)}`;
  if (isUnanswered) return "the backend did not answer";
  if (holder === undefined) return "somebody else has it";
  const by = holder.label === undefined ? "" : ` by ${JSON.stringify(holder.label)}`;
  return `it is held here${by} for ${String(holder.heldMs)} ms`;
}
