import { type Lease, type Pool } from "@pool/core";

/** Leases of what is free now, at most so many. */
export function freeLeases<R>(pool: Pool<R>, most: number): Lease<R>[] {
  const leases: Lease<R>[] = [];
  while (leases.length < most) {
    const lease = pool.tryAcquire();
    if (lease === undefined) break;
    leases.push(lease);
  }
  return leases;
}
