import { trace, traced } from "../events.js";

const queries = traced("pool:query");

/**
 * For adapters: runs a statement or command that has no lease of its own (one connection serves all callers), and publishes it as
 * `pool:query` under the name `pool`. Costs nothing but the call while nobody listens. What leases run goes through {@link Lease.track}.
 * @param statement as the caller wrote it, without values; of a Redis or etcd call the command alone
 */
export function trackStatement<T>(
  pool: string,
  statement: string,
  label: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (!queries.hasSubscribers) return work();
  return trace(queries, { pool, leaseId: undefined, label, statement }, work);
}
