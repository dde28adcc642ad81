import type { HolderSnapshot } from "@pool/monitor";
import { percent, span } from "../format.js";
import { Badge } from "../parts/badge.js";
import { Code } from "../parts/code.js";
import { Facts } from "../parts/facts.js";
import { Stack } from "../parts/stack.js";

/** One lease: how long it is out, how much of that it works, and where it comes from. */
export function HolderDetails({ holder }: { holder: HolderSnapshot }) {
  const { heldMs, busyMs, inTransaction, transactionMs, lastStatement, acquiredAt, traceId } = holder;
  return (
    <>
      {holder.leak && <Badge tone="bad">leak</Badge>}
      <Facts
        facts={{
          Held: span(heldMs),
          Busy: `${span(busyMs)}, ${percent(heldMs === 0 ? 0 : Math.min(1, busyMs / heldMs))} of it`,
          Transaction: transactionOf(inTransaction, transactionMs),
          Lease: holder.leaseId,
          Connection: holder.resourceId,
          Trace: traceId && <code>{traceId}</code>,
        }}
      />
      <h3>Last statement</h3>
      {lastStatement === null ? (
        <p class="empty">None has run.</p>
      ) : (
        <Code text={lastStatement} label="Last statement" />
      )}
      <h3>Acquired at</h3>
      <Stack stack={acquiredAt} />
    </>
  );
}

function transactionOf(inTransaction: boolean | null, ms: number | null): string {
  if (inTransaction === null) return "not known";
  if (!inTransaction) return "none";
  return ms === null ? "open" : `open for ${span(ms)}`;
}
