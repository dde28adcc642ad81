import { isPoolError, type Pool } from "@pool/core";
import { type HostAddress } from "./connect/address.js";
import { ping } from "./connect/ping.js";
import { type PostgresConnection } from "./connection/connection.js";

/** Longest wait for a connection of the pool, in ms; a health check has a second by default, and something is left for the ping. */
const PATIENCE = 500;

/**
 * Asks the server over a connection that is free, or over the next that comes free. A pool whose connections are all in use is not dead:
 * then a server is asked for a sign of life without a session, so that no check ever goes over the limit of connections.
 */
export async function check(
  pool: Pool<PostgresConnection>,
  hosts: readonly HostAddress[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    using lease = await pool.acquire({ signal, timeout: PATIENCE, label: "health check", priority: "high" });
    const connection = lease.resource;
    await lease.track("health check", () => connection.validate(signal));
    const { at, isReadOnly } = connection.server;
    return { host: at.host, port: at.port, ...(isReadOnly !== undefined && { readOnly: isReadOnly }) };
  } catch (error) {
    const { leased, maxSize } = pool.stats;
    const busy = leased === maxSize && (isPoolError(error, "ACQUIRE_TIMEOUT") || isPoolError(error, "QUEUE_FULL"));
    if (!busy) throw error;
    await Promise.any(hosts.map((host) => ping(host, signal)));
    return { busy: true };
  }
}
