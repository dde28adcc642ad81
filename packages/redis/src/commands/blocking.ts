import { type Pool } from "@pool/core";
import { Command } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { replyOf, timeoutError } from "../errors.js";
import { type LeasedRedis } from "../connection/leased-redis.js";
import { nameOf } from "../shared/outgoing.js";
import { type RoundTrips } from "../shared/round-trips.js";
import { Leaving } from "./leaving.js";
import { type CommandOptions } from "./sender.js";

/** How long an aborted command may take to come back before its connection is closed, in ms; two round trips where the line is known to be slow. */
const PATIENCE = 1_000;
const ASK_AGAIN = 20;

export interface BlockingParts {
  readonly dedicated: Pool<LeasedRedis>;
  readonly roundTrips: RoundTrips;
  /** Sends a command that does not block. */
  submit(command: Command): void;
}

/**
 * Runs a blocking command on a connection of the pool. When its caller goes, the server is asked to let it go (CLIENT UNBLOCK): what it had taken
 * from a list by then is still handed to the caller, and not lost.
 */
export function submitBlocking(command: Command, parts: BlockingParts, options: CommandOptions): void {
  const { signal, timeout = Infinity, label } = options;
  const { dedicated } = parts;
  let isSent = false;
  const late = (): Error => timeoutError(dedicated.name, nameOf(command), isSent, timeout);
  const leaving = signal === undefined && timeout === Infinity ? undefined : new Leaving(signal, timeout, late);
  const work = dedicated.use(
    (redis, lease) =>
      lease.track(nameOf(command), async () => {
        isSent = true;
        if (leaving !== undefined) heedLeaving(command, redis, leaving.signal, signal, parts);
        return await redis.send(command);
      }),
    { ...(leaving && { signal: leaving.signal }), ...(label !== undefined && { label }) },
  );
  const failed = (error: unknown): void => {
    if (!command.isSettled) command.reject(error as Error); // a signal's reason may be anything
  };
  void work.catch(failed).finally(() => leaving?.end());
}

/** Before it is sent. When its time is over its connection is closed; when its signal aborts, the server is asked to let it go. */
function heedLeaving(
  command: Command,
  redis: LeasedRedis,
  leaving: AbortSignal,
  signal: AbortSignal | undefined,
  parts: BlockingParts,
): void {
  if (signal !== undefined) rejectUnblocked(command, signal);
  // Asked in front of it, since behind it nothing is answered.
  const serverId = signal === undefined ? undefined : redis.serverId;
  const leave = (): void => {
    if (signal?.aborted === true) void unblock(command, serverId, parts, leaving.reason as Error);
    else command.reject(leaving.reason as Error);
  };
  leaving.addEventListener("abort", leave, { once: true });
}

/** Asks again while it may not have reached the server yet. Where this user may not ask, the connection is closed with the command on it. */
async function unblock(
  command: Command,
  serverId: Promise<number | undefined> | undefined,
  { submit, roundTrips }: BlockingParts,
  reason: Error,
): Promise<void> {
  const patience = Math.max(PATIENCE, 2 * roundTrips.longest);
  const until = performance.now() + patience;
  const settled = command.promise.catch(() => undefined) as Promise<unknown>;
  const id = await Promise.race([serverId, settled, sleep(patience)]);
  let isHeard = typeof id === "number";
  while (!command.isSettled && performance.now() < until && isHeard) {
    const asked = new Command("client", ["UNBLOCK", id as number, "ERROR"]);
    submit(asked);
    const refused = asked.promise.then(
      () => false,
      (error: unknown) => replyOf(error) === "NOPERM",
    );
    isHeard = (await Promise.race([settled, refused, sleep(patience)])) !== true;
    if (isHeard) await Promise.race([settled, sleep(ASK_AGAIN)]);
  }
  if (!command.isSettled) command.reject(reason);
}

/** What the server answers when it has let a command go is told as what it is: its caller has gone. */
function rejectUnblocked(command: Command, signal: AbortSignal): void {
  const { reject } = command;
  command.reject = (error) =>
    reject(signal.aborted && replyOf(error) === "UNBLOCKED" ? (signal.reason as Error) : error);
}
