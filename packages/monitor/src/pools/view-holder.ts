import type { Holder } from "@pool/core";
import type { HolderSnapshot } from "../snapshot/pool-snapshot.js";

/** What the monitor knows of a hold beside what its pool does. */
export interface HolderExtras {
  readonly transactionMs?: number | undefined;
  readonly traceId?: string | undefined;
  readonly leak: boolean;
}

/** A holder, fit for JSON. */
export function viewHolder(holder: Holder, { transactionMs, traceId, leak }: HolderExtras): HolderSnapshot {
  return {
    leaseId: holder.leaseId,
    resourceId: holder.resourceId,
    label: holder.label ?? null,
    heldMs: holder.heldMs,
    busyMs: holder.busyMs,
    lastStatement: holder.lastStatement ?? null,
    inTransaction: holder.inTransaction ?? null,
    transactionMs: transactionMs ?? null,
    acquiredAt: holder.acquiredAt ?? null,
    traceId: traceId ?? null,
    leak,
  };
}
