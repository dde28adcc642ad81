import { Command } from "ioredis";
import { isPoolError, type PoolError } from "@pool/core";
import { isClosed, isReply, isUnwritable, lostError, replyError, timeoutError, unsentError } from "../errors.js";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { type Waiting } from "./waiting.js";

/** A command on its way over the shared connection. The fields are put on ioredis's own object: one more for each would cost a tenth of it. */
export interface Outgoing extends Command {
  /** When its caller is told that it took too long, on the dispatcher's clock. */
  deadline: number;
  /** How long that is, in ms. */
  limit: number;
  /** The connection that it was sent on. */
  via: GuardedRedis | undefined;
  /** What it waits in, until it is sent. */
  waiting: Waiting | undefined;
}

/** Whose commands they are. */
export interface Home {
  /** How errors and events call it. */
  readonly where: string;
  /** A server that takes no writes any more has said so. */
  readOnly(): void;
}

/** Makes it one: what it is rejected with is an error of ours from now on, and holds nothing of its arguments. */
export function outgoing(command: Command, home: Home, now: number, limit: number): Outgoing {
  const sent = command as Outgoing;
  sent.deadline = Math.ceil(now + limit);
  sent.limit = limit;
  sent.via = undefined;
  sent.waiting = undefined;
  const { reject } = sent;
  sent.reject = (error) => reject(errorOf(home, sent, error));
  return sent;
}

/** One whose life is over. */
function answeredOne(): Outgoing {
  const command = new Command("ping", [], { replyEncoding: "utf8" });
  const sent = outgoing(command, { where: "", readOnly: () => undefined }, 0, 0);
  sent.resolve("PONG");
  return sent;
}

// V8 gives the objects of a class as much room as its first few need: these have our fields, so that all later ones carry them in themselves. Where ioredis
// has been used before, each takes another piece of memory for them.
for (let times = 0; times < 8; times++) answeredOne();

/**
 * One of each kind of object that comes and goes, to be kept and never used. V8 forgets a hidden class that has no instance at a full collection, and with
 * it all compiled code that knows it: what is called after a quiet moment would take twice as long.
 */
export function keptShapes(): readonly unknown[] {
  return [answeredOne()];
}

/** Nobody waits for the answer to one of ours. */
export function isPing(command: Outgoing): boolean {
  return command.limit === 0;
}

/** As users write it, for messages and events. */
export function nameOf(command: Command): string {
  return command.name.toUpperCase();
}

export function timedOut(where: string, command: Outgoing): PoolError {
  return timeoutError(where, nameOf(command), command.via !== undefined, command.limit);
}

function errorOf(home: Home, command: Outgoing, error: unknown): Error {
  if (isPoolError(error)) return error;
  const name = nameOf(command);
  if (isReply(error)) {
    const ours = replyError(home.where, name, error);
    if (ours.code === "READ_ONLY") home.readOnly();
    return ours;
  }
  if (isClosed(error)) return lostError(home.where, name, command.via?.trouble ?? error);
  if (isUnwritable(error)) return unsentError(home.where, name, command.via?.trouble ?? error);
  if (error instanceof Error && error.message === TIMED_OUT) return timedOut(home.where, command);
  return error as Error; // a signal's reason, whatever it is
}

/** What ioredis says in the place of a reply after the time that it was given. */
const TIMED_OUT = "Command timed out";
