import { wrongArgument } from "@pool/core";

/** A lease, or its id. */
export type LeaseRef = bigint | { readonly id: bigint };

/** @throws PoolError `INVALID_ARGUMENT` */
export function leaseIdOf(what: string, lease: unknown): string {
  const id = typeof lease === "object" && lease !== null ? (lease as { readonly id?: unknown }).id : lease;
  if (typeof id === "bigint" && id > 0n) return id.toString();
  throw wrongArgument(what, "a lease or its id", lease);
}
