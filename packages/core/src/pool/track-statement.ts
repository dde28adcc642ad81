import { statementsHeard, tellStatement } from "./tell-statement.js";

/**
 * For adapters: runs a statement or command that has no lease of its own (one connection serves all callers), and publishes it as
 * `pool:query` and `pool:statement` under the name `pool`. Costs nothing but the call while nobody listens. What leases run goes through
 * {@link Lease.track}. The rows it tells are the `rowCount` of what the work resolves with.
 * @param statement as the caller wrote it, without values; of a Redis or etcd call the command alone
 * @param values what it was called with; told only to who has asked for it
 */
export function trackStatement<T>(
  pool: string,
  statement: string,
  label: string | undefined,
  work: () => Promise<T>,
  values?: unknown,
): Promise<T> {
  if (!statementsHeard()) return work();
  return tellStatement({ pool, leaseId: undefined, label, statement, values }, work);
}
