import { type ErrorClass, type ErrorDetails, isPoolError, PoolError, reasonOf, withoutStack } from "@pool/core";

/**
 * What Redis adds to the codes of core. `details.reply` has the first word of the server's answer (`WRONGTYPE`), `cause` the driver's error.
 *
 * `ACCESS_DENIED` · `READ_ONLY` the server takes no writes · `NOT_READY` it asks to try again · `OUT_OF_RESOURCES` of the server · `COMMAND_FAILED`
 * everything else about one command · `TRANSACTION_CONFLICT` what was watched has changed, in every try.
 */
export type RedisErrorCode =
  "ACCESS_DENIED" | "READ_ONLY" | "NOT_READY" | "OUT_OF_RESOURCES" | "COMMAND_FAILED" | "TRANSACTION_CONFLICT";

const REPLIES: Readonly<Record<string, readonly [RedisErrorCode, ErrorClass]>> = {
  NOAUTH: ["ACCESS_DENIED", "auth"],
  WRONGPASS: ["ACCESS_DENIED", "auth"],
  NOPERM: ["ACCESS_DENIED", "auth"],
  READONLY: ["READ_ONLY", "transient"],
  LOADING: ["NOT_READY", "transient"],
  TRYAGAIN: ["NOT_READY", "transient"],
  CLUSTERDOWN: ["NOT_READY", "transient"],
  MASTERDOWN: ["NOT_READY", "transient"],
  NOREPLICAS: ["NOT_READY", "transient"],
  BUSY: ["NOT_READY", "transient"],
  MOVED: ["NOT_READY", "transient"],
  ASK: ["NOT_READY", "transient"],
  OOM: ["OUT_OF_RESOURCES", "overload"],
  MISCONF: ["OUT_OF_RESOURCES", "overload"],
  BUSYGROUP: ["COMMAND_FAILED", "constraint"],
  BUSYKEY: ["COMMAND_FAILED", "constraint"],
  WRONGTYPE: ["COMMAND_FAILED", "syntax"],
  NOSCRIPT: ["COMMAND_FAILED", "syntax"],
  NOPROTO: ["COMMAND_FAILED", "syntax"],
};

/** Those whose first word is only ERR. */
const PLAIN: readonly (readonly [RegExp, RedisErrorCode, ErrorClass])[] = [
  [/^ERR max number of clients/, "OUT_OF_RESOURCES", "overload"],
  [/^ERR invalid password|^ERR (?:Client sent )?AUTH/, "ACCESS_DENIED", "auth"],
  [/^ERR (?:unknown|syntax|wrong number|value is not|Protocol|no such key|DB index)/i, "COMMAND_FAILED", "syntax"],
];

/** The first word of an answer that is an error, of the driver's or ours; undefined for what no server has said. */
export function replyOf(error: unknown): string | undefined {
  if (isPoolError(error)) return typeof error.details.reply === "string" ? error.details.reply : undefined;
  return isReply(error) ? /^[A-Z][A-Z0-9_]*/.exec(error.message)?.[0] : undefined;
}

/** What this backend's own errors mean, the driver's and ours. */
export function classifyRedisError(error: unknown): ErrorClass | undefined {
  if (isPoolError(error, "TRANSACTION_CONFLICT")) return "transient";
  if (isPoolError(error))
    return classOf(replyOf(error), typeof error.details.text === "string" ? error.details.text : "");
  if (!(error instanceof Error)) return undefined;
  if (isReply(error)) return classOf(replyOf(error), error.message);
  return isClosed(error) ? "connection" : undefined;
}

function classOf(reply: string | undefined, text: string): ErrorClass | undefined {
  if (reply === undefined) return undefined;
  return REPLIES[reply]?.[1] ?? PLAIN.find(([start]) => start.test(text))?.[2];
}

/** A PoolError of an answer that is an error. The command is named, and nothing of what it was called with is shown. */
export function replyError(where: string, command: string, error: Error): PoolError {
  const text = withoutArguments(error.message);
  const reply = replyOf(error) ?? "ERR";
  const code = REPLIES[reply]?.[0] ?? PLAIN.find(([start]) => start.test(text))?.[1] ?? "COMMAND_FAILED";
  return failure(code, where, `${command} failed: ${text}`, { command, reply, text }, asCause(error, text));
}

/** Redis repeats the first arguments of a command that it does not know. */
function withoutArguments(text: string): string {
  const at = text.indexOf(", with args beginning with");
  return at === -1 ? text : text.slice(0, at);
}

/** ioredis hangs the arguments on its error. */
function asCause(error: Error, text: string): Error {
  Reflect.deleteProperty(error, "command");
  if (error.message === text) return error;
  const copy = withoutStack(() => new Error(text));
  copy.name = error.name;
  return copy;
}

/** An error of ours about commands. Made in bulk when a connection dies, so it has no stack. */
export function failure(code: string, where: string, what: string, details: ErrorDetails, cause?: unknown): PoolError {
  const message = `redis ${JSON.stringify(where)}: ${what}`;
  const options = { details: { pool: where, ...details }, ...(cause !== undefined && { cause }) };
  return withoutStack(() => new PoolError(code, message, options));
}

/** The connection went away with the command on it. */
export function lostError(where: string, command: string, cause: unknown): PoolError {
  const what = `the connection was lost with ${command} on it, which may have been carried out or not (${reasonOf(cause)})`;
  return failure("RESOURCE_LOST", where, what, { command, sent: true }, cause);
}

/** The connection had gone before the command was sent. */
export function unsentError(where: string, command: string, cause: unknown): PoolError {
  const what = `the connection was lost before ${command} was sent (${reasonOf(cause)})`;
  return failure("RESOURCE_LOST", where, what, { command, sent: false }, cause);
}

export function timeoutError(where: string, command: string, sent: boolean, timeoutMs: number): PoolError {
  const what = sent
    ? `no answer to ${command} within ${timeoutMs} ms; it may still be carried out`
    : `${command} could not be sent within ${timeoutMs} ms`;
  return failure("COMMAND_TIMEOUT", where, what, { command, sent, timeoutMs });
}

/** Does this error mean that the connection itself is unfit, and not just one command? */
export function isConnectionUnfit(error: unknown): boolean {
  return isPoolError(error, "RESOURCE_LOST") || isPoolError(error, "COMMAND_TIMEOUT") || replyOf(error) === "READONLY";
}

/** Were the credentials refused? */
export function isRefused(error: unknown): boolean {
  return classifyRedisError(error) === "auth";
}

/** Was the database refused that a connection begins with? As ioredis tells it, with its command. */
export function isSelectRefused(error: unknown): boolean {
  if (!isReply(error) || !("command" in error)) return false;
  const { name } = Object(error.command) as { readonly name?: unknown };
  return name === "select";
}

/** The server has said it, and not the driver. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

const CLOSED = "Connection is closed.";

/** How ioredis rejects what was on a connection that has ended. */
export function isClosed(error: unknown): boolean {
  return error instanceof Error && error.message === CLOSED;
}

const UNWRITABLE = "Stream isn't writeable";

/** How ioredis refuses what it is asked to send over a connection that has gone. */
export function isUnwritable(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(UNWRITABLE);
}
