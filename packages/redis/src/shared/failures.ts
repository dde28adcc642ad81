import { type PoolError, reasonOf } from "@pool/core";
import { failure } from "../errors.js";
import { nameOf, type Outgoing } from "./outgoing.js";
import { type Connects } from "./connects.js";

// Every error of the shared connection that no server sends. `details.sent` says whether the command had left: one that had may have been carried out.

export function queueFull(where: string, command: Outgoing, maxQueued: number): PoolError {
  const what = `${maxQueued} commands wait to be sent already`;
  return failure("QUEUE_FULL", where, what, { command: nameOf(command), maxQueued, sent: false });
}

export function unavailable(where: string, command: Outgoing, { failures, lastError }: Connects): PoolError {
  const what = `nothing is open and the last ${failures} connects failed (${reasonOf(lastError)})`;
  return failure("UNAVAILABLE", where, what, { command: nameOf(command), failures, sent: false }, lastError);
}

export function closed(where: string, command: Outgoing): PoolError {
  const sent = command.via !== undefined;
  const what = sent ? "closed before the answer; the command may still be carried out" : "closed";
  return failure("POOL_CLOSED", where, what, { command: nameOf(command), sent });
}

export function silent(where: string, ms: number): PoolError {
  return failure("VALIDATE_FAILED", where, `nothing came from the server within ${Math.round(ms)} ms`, {});
}

export function outdated(where: string): PoolError {
  return failure("VALIDATE_FAILED", where, "the server takes no writes any more", {});
}
