import { type CreateContext, unlessAborted } from "@pool/core";
import { once } from "node:events";
import { isSelectRefused } from "../errors.js";
import { type GuardedRedis } from "./guarded-redis.js";

/** Connects a client that connects once in its life. Rejects when that has failed or the signal has aborted, and its connection is closed. */
export async function openConnection<R extends GuardedRedis>(redis: R, { signal, lost }: CreateContext): Promise<R> {
  try {
    await unlessAborted(signal, () => redis.connect());
    signal.throwIfAborted();
    // ioredis would go on in database 0.
    if (isSelectRefused(redis.trouble)) throw redis.trouble;
  } catch (error) {
    const cause: unknown = signal.aborted ? signal.reason : (redis.trouble ?? error);
    await closeConnection(redis);
    throw cause;
  }
  redis.once("end", () => lost(redis.trouble ?? new Error("the server has closed the connection")));
  if (redis.status === "end") lost(redis.trouble); // it has happened already, and will not be told again
  redis.stream.unref();
  return redis;
}

/** Lets go at once, whatever is under way. */
export async function closeConnection(redis: GuardedRedis): Promise<void> {
  const stream = redis.stream as GuardedRedis["stream"] | undefined; // there is none before the first connect
  if (redis.status !== "end") redis.disconnect();
  if (stream === undefined || stream.closed) return;
  const closed = once(stream, "close").catch(() => undefined); // an error on the way says no more than that it ends
  stream.destroy();
  await closed;
}
