import { PoolError, reasonOf, withoutStack } from "@pool/core";
import { RpcError, type RpcStatus } from "../wire/rpc-error.js";

/**
 * What etcd adds to the codes of core. `details.status` has gRPC's own word, `details.command` the call's name, `cause` what the server said.
 *
 * `ACCESS_DENIED` · `COMPACTED` the revision is gone from the history · `LEASE_LOST` expired, or revoked · `OUT_OF_RESOURCES` of the server ·
 * `COMMAND_FAILED` everything else about one call · `DOCUMENT_INVALID` `DOCUMENT_MISSING` of watched documents. `OUTCOME_UNKNOWN` a write was sent and its reply was lost.
 */
export type EtcdErrorCode =
  | "ACCESS_DENIED"
  | "COMPACTED"
  | "LEASE_LOST"
  | "OUT_OF_RESOURCES"
  | "COMMAND_FAILED"
  | "DOCUMENT_INVALID"
  | "DOCUMENT_MISSING";

/** Whether a call may be carried out more than once: `read` changes nothing, `repeatable` ends the same, `write` is sent once. */
export type Kind = "read" | "repeatable" | "write";

/** What to do about a failed attempt. */
export type Verdict = "again" | "login" | "fail";

// By what the server says, since several share one status (etcd, api/v3rpc/rpctypes/error.go).
const LOGIN = ["invalid auth token", "user name is empty", "revision of auth store is old"];
const NOT_DONE = ["no leader", "not capable", "too many learner"];

/** The server refuses for want of a valid login. It has carried nothing out. */
export function wantsLogin(error: RpcError): boolean {
  return error.answered && (error.status === "UNAUTHENTICATED" || LOGIN.some((text) => error.message.includes(text)));
}

export function saysNoLeader(error: RpcError): boolean {
  return error.answered && error.message.includes("no leader");
}

/** The server has certainly not carried it out. */
function isUndone(error: RpcError): boolean {
  return !error.sent || (error.answered && NOT_DONE.some((text) => error.message.includes(text)));
}

export function verdictOn(error: RpcError, kind: Kind): Verdict {
  if (wantsLogin(error)) return "login";
  if (error.status !== "UNAVAILABLE") return "fail";
  return isUndone(error) || kind !== "write" ? "again" : "fail";
}

/** What a login rejects with, as if it were a call. */
export function loginFailed(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError(reasonOf(error), { status: "UNAUTHENTICATED", answered: false, sent: false, cause: error });
}

const CODES: Partial<Record<RpcStatus, EtcdErrorCode>> = {
  PERMISSION_DENIED: "ACCESS_DENIED",
  UNAUTHENTICATED: "ACCESS_DENIED",
  RESOURCE_EXHAUSTED: "OUT_OF_RESOURCES",
};

const BY_TEXT: readonly (readonly [text: string, code: EtcdErrorCode])[] = [
  ["invalid user ID or password", "ACCESS_DENIED"],
  ["user name is empty", "ACCESS_DENIED"],
  ["has been compacted", "COMPACTED"],
  ["lease not found", "LEASE_LOST"],
];

/** The PoolError for a call that failed for good. */
export function callFailed(name: string, command: string, error: RpcError): PoolError {
  const { status, sent, message } = error;
  const details = { command, status, sent };
  const who = `etcd ${JSON.stringify(name)}: ${command}`;
  if (status === "UNAVAILABLE") {
    if (isUndone(error))
      return new PoolError("UNAVAILABLE", `${who} could not be sent: ${message}`, { cause: error, details });
    const unknown = `${who} may or may not have been carried out: ${message}`;
    return new PoolError("OUTCOME_UNKNOWN", unknown, { cause: error, details });
  }
  const code = BY_TEXT.find(([text]) => message.includes(text))?.[1] ?? CODES[status] ?? "COMMAND_FAILED";
  return new PoolError(code, `${who} failed: ${message}`, { cause: error, details });
}

export function callTimedOut(
  name: string,
  { command, timeout, sent, cause }: { command: string; timeout: number; sent: boolean; cause: unknown },
): PoolError {
  const state = sent ? "was not answered" : "could not be sent";
  return withoutStack(
    () =>
      new PoolError(
        "COMMAND_TIMEOUT",
        `etcd ${JSON.stringify(name)}: ${command} ${state} within ${String(timeout)} ms`,
        {
          ...(cause !== undefined && { cause }),
          details: { command, timeoutMs: timeout, sent },
        },
      ),
  );
}

/** The end of a call by a disconnect. Where the server may have heard of it, nobody must take it for one that was never sent. */
export function disconnected(name: string, command: string, sent: boolean): PoolError {
  const message = `etcd ${JSON.stringify(name)} was disconnected${sent ? ` while ${command} was under way` : ""}`;
  return new PoolError("NOT_CONNECTED", message, { details: { command, sent } });
}
