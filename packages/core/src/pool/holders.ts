import type { Entry } from "./entry.js";
import type { ResourceFactory } from "./factory.js";
import { maskStatement } from "./statement-text.js";
import type { Holder } from "./stats.js";

/** Who has this entry now. */
export function holderOf<R>(entry: Entry<R>, factory: ResourceFactory<R>, now: number, exactNow: number): Holder {
  return {
    leaseId: entry.leaseId,
    resourceId: entry.id,
    label: entry.label,
    heldMs: Math.max(0, now - entry.leasedAt),
    busyMs: busyMsOf(entry, exactNow),
    lastStatement: lastStatementOf(entry),
    inTransaction: transactionOf(entry, factory),
    acquiredAt: entry.stack,
  };
}

/** Who has what, the longest hold first. */
export function holdersAmong<R>(
  entries: Iterable<Entry<R>>,
  factory: ResourceFactory<R>,
  now: number,
  exactNow: number,
): Holder[] {
  const holders: Holder[] = [];
  for (const entry of entries) if (entry.leaseId !== 0) holders.push(holderOf(entry, factory, now, exactNow));
  return holders.sort((a, b) => b.heldMs - a.heldMs || a.leaseId - b.leaseId);
}

export function busyMsOf<R>(entry: Entry<R>, exactNow: number): number {
  return entry.busyMs + (entry.running > 0 ? exactNow - entry.runningSince : 0);
}

/** One line about a holder, for messages. */
export function describeHolder(holder: Holder): string {
  const parts = [`held ${String(Math.round(holder.heldMs))} ms`, `busy ${String(Math.round(holder.busyMs))} ms`];
  if (holder.inTransaction === true) parts.push("in a transaction");
  if (holder.lastStatement !== undefined) parts.push(`last ${holder.lastStatement}`);
  return `${holder.label === undefined ? `lease ${String(holder.leaseId)}` : JSON.stringify(holder.label)} ${parts.join(", ")}`;
}

// Refusals come by the thousand while the same statements run: each is masked for the first of them.
const lastMasked = new WeakMap<Entry<unknown>, { readonly statement: string; readonly masked: string }>();

function lastStatementOf(entry: Entry<unknown>): string | undefined {
  const { statement } = entry;
  if (statement === undefined) return undefined;
  const last = lastMasked.get(entry);
  if (last?.statement === statement) return last.masked;
  const masked = maskStatement(statement);
  lastMasked.set(entry, { statement, masked });
  return masked;
}

function transactionOf<R>(entry: Entry<R>, factory: ResourceFactory<R>): boolean | undefined {
  if (entry.resource === undefined) return undefined;
  try {
    return factory.status?.(entry.resource).inTransaction;
  } catch {
    return undefined; // a status that throws is dealt with at release
  }
}
