import { type ErrorClass, isPoolError } from "@pool/core";
import { RpcError, type RpcStatus } from "./wire/rpc-error.js";

const BY_STATUS: Partial<Record<RpcStatus, ErrorClass>> = {
  UNAVAILABLE: "connection",
  DEADLINE_EXCEEDED: "timeout",
  UNAUTHENTICATED: "auth",
  PERMISSION_DENIED: "auth",
  RESOURCE_EXHAUSTED: "overload",
  ABORTED: "transient",
  ALREADY_EXISTS: "constraint",
  INVALID_ARGUMENT: "syntax",
  OUT_OF_RANGE: "syntax",
  UNIMPLEMENTED: "syntax",
};

const BY_CODE: Readonly<Record<string, ErrorClass>> = {
  ACCESS_DENIED: "auth",
  OUT_OF_RESOURCES: "overload",
  COMPACTED: "transient",
  LEASE_LOST: "constraint",
};

// A server that answers, in a cluster that has no leader for a moment.
const TRANSIENT = ["no leader", "leader changed", "leader failure", "not leader", "server stopped", "timed out"];

/** What kind of trouble one of etcd's errors tells of. */
export function classifyEtcd(error: unknown): ErrorClass | undefined {
  if (error instanceof RpcError) {
    if (/invalid user ID or password|user name is empty/.test(error.message)) return "auth";
    if (error.answered && TRANSIENT.some((text) => error.message.includes(text))) return "transient";
    if (error.message.includes("has been compacted")) return "transient";
    return BY_STATUS[error.status];
  }
  return isPoolError(error) ? BY_CODE[error.code] : undefined;
}
