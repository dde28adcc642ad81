import { isPoolError, PoolError, reasonOf } from "@pool/core";
import { isRefused, isReply, replyError } from "../errors.js";

/** Why a connect failed, in the words of a connect: the reason, without what was waited for. `ACCESS_DENIED` where the server refused who connects. */
export function connectFailure(name: string, error: unknown): unknown {
  const reason = isPoolError(error, "UNAVAILABLE") ? (error.cause ?? error) : error;
  if (isReply(reason) && isRefused(reason)) return replyError(name, commandOf(reason), reason);
  return isTimeout(reason) ? timedOut(name, reason) : reason;
}

/** As ioredis tells it. */
function commandOf(reply: Error): string {
  const { name } = Object("command" in reply ? reply.command : undefined) as { readonly name?: unknown };
  return typeof name === "string" ? name.toUpperCase() : "AUTH";
}

// What proves the connection has a limit of its own, and so has the driver: whichever ends first, nobody has answered.
function isTimeout(reason: unknown): boolean {
  if (isPoolError(reason)) return reason.code === "COMMAND_TIMEOUT";
  return reason instanceof Error && "code" in reason && reason.code === "ETIMEDOUT";
}

function timedOut(name: string, cause: unknown): PoolError {
  const message = `connector ${JSON.stringify(name)} (redis) could not connect: ${reasonOf(cause)}`;
  return new PoolError("CONNECT_TIMEOUT", message, { cause, details: { connector: name, kind: "redis" } });
}
