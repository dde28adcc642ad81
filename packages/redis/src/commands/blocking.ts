import { type Pool } from "@pool/core";
import { Command } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { replyOf } from "../errors.js";
import { type LeasedRedis } from "../connection/leased-redis.js";
import { nameOf } from "../shared/outgoing.js";
import { type CommandOptions } from "./sender.js";

/** How long an aborted command may take to come back before its connection is closed, in ms. */
const PATIENCE = 1_000;
const ASK_AGAIN = 20;

export interface BlockingParts {
  readonly dedicated: Pool<LeasedRedis>;
  /** Sends a command that does not block. */
  submit(command: Command): void;
}

/**
 * Runs a blocking command on a connection of the pool. When its caller goes, the server is asked to let it go (CLIENT UNBLOCK): what it had taken
 * from a list by then is still handed to the caller, and not lost.
 */
export function submitBlocking(command: Command, { dedicated, submit }: BlockingParts, options: CommandOptions): void {
  const { signal, timeout, label } = options;
  const work = dedicated.use(
    (redis, lease) =>
      lease.track(nameOf(command), async () => {
        if (timeout !== undefined) command.setTimeout(timeout);
        if (signal === undefined) return await redis.send(command);
        const onAbort = (): void => void unblock(command, redis, submit, signal);
        rejectUnblocked(command, signal);
        signal.addEventListener("abort", onAbort, { once: true });
        try {
          // Asked in front of it, since behind it nothing is answered.
          const [, answer] = await Promise.all([redis.serverId, redis.send(command)]);
          return answer;
        } finally {
          signal.removeEventListener("abort", onAbort);
        }
      }),
    { ...(signal && { signal }), ...(label !== undefined && { label }) },
  );
  work.catch((error: unknown) => {
    if (!command.isSettled) command.reject(error as Error); // a signal's reason may be anything
  });
}

/** Asks again while it may not have reached the server yet. */
async function unblock(
  command: Command,
  redis: LeasedRedis,
  submit: (command: Command) => void,
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + PATIENCE;
  const settled = command.promise.catch(() => undefined) as Promise<unknown>;
  const id = await Promise.race([redis.serverId.catch(() => undefined), settled, sleep(PATIENCE)]);
  while (!command.isSettled && performance.now() < until && typeof id === "number") {
    const asked = new Command("client", ["UNBLOCK", id, "ERROR"]);
    submit(asked);
    await Promise.race([settled, asked.promise.catch(() => undefined), sleep(PATIENCE)]);
    await Promise.race([settled, sleep(ASK_AGAIN)]);
  }
  if (!command.isSettled) command.reject(signal.reason as Error);
}

/** What the server answers when it has let a command go is told as what it is: its caller has gone. */
function rejectUnblocked(command: Command, signal: AbortSignal): void {
  const { reject } = command;
  command.reject = (error) =>
    reject(signal.aborted && replyOf(error) === "UNBLOCKED" ? (signal.reason as Error) : error);
}
