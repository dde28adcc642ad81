import { randomBytes } from "node:crypto";
import { isPoolError } from "@pool/core";
import { type Calls } from "../calls/calls.js";
import { type How } from "../calls/how.js";

/** What the calls of leases leave open. */
export type LeaseHow = Pick<How, "timeout" | "signal"> & Partial<Pick<How, "label">>;

/** When there is no answer for so long, in ms, it is asked again as well: each is a small thing to the server, and time is short. */
const ATTEMPT = 800;

/** The id of a lease is ours to choose, so that a grant whose reply was lost can be asked for again. From 1 to 2^63 - 1. */
export function newLeaseId(bytes: Buffer = randomBytes(8)): bigint {
  return (bytes.readBigUInt64BE() >> 1n) | 1n;
}

/** Resolves with the seconds that the server gives; it may be more than was asked for. Granting the same id again is no error. */
export async function grantLease(calls: Calls, id: bigint, seconds: number, how: LeaseHow): Promise<number> {
  const request = { ID: id.toString(), TTL: seconds };
  const { leaseGrant } = calls.protocol;
  try {
    const reply = await calls.run(leaseGrant, request, { command: "LEASE GRANT", kind: "repeatable", ...how });
    return Number(reply.TTL);
  } catch (error) {
    if (!isPoolError(error) || !error.message.includes("lease already exists")) throw error;
    return await keepLeaseAlive(calls, id, how); // ours, by a grant whose reply was lost
  }
}

/** Has its time begin anew. Resolves with that time in seconds; 0 when there is no such lease any more. */
export async function keepLeaseAlive(calls: Calls, id: bigint, how: LeaseHow): Promise<number> {
  const request = { ID: id.toString() };
  const { leaseKeepAlive } = calls.protocol;
  const reply = await calls.run(leaseKeepAlive, request, {
    command: "LEASE KEEPALIVE",
    kind: "repeatable",
    attemptTimeout: ATTEMPT,
    ...how,
  });
  return Math.max(0, Number(reply.TTL));
}

/** Ends it, and deletes its keys. One that has ended is no error. */
export async function revokeLease(calls: Calls, id: bigint, how: LeaseHow): Promise<void> {
  const request = { ID: id.toString() };
  const { leaseRevoke } = calls.protocol;
  try {
    await calls.run(leaseRevoke, request, {
      command: "LEASE REVOKE",
      kind: "repeatable",
      whileClosing: true,
      ...how,
    });
  } catch (error) {
    if (!isPoolError(error, "LEASE_LOST")) throw error;
  }
}
