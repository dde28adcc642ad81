import { isPoolError, type Pool, readCall, readFunction, wrongArgument } from "@pool/core";
import { type ChainableCommander, type Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { type LeasedRedis } from "../connection/leased-redis.js";
import { failure } from "../errors.js";

/** Reads with `redis`, and puts what is to be written into `multi`. Runs again when what was watched has changed. */
export type WatchWork = (redis: Redis, multi: ChainableCommander) => unknown;

export interface WatchOptions {
  /** Further tries after a conflict, with growing pauses. @default 5 */
  readonly retries?: number;
  readonly signal?: AbortSignal;
  /** Longest wait for a connection, in ms. @default the option `acquireTimeout` */
  readonly timeout?: number;
  readonly label?: string;
}

/** What EXEC answers: an error or a result for each command. */
export type ExecResults = [error: Error | null, result: unknown][];

const RETRIES = 5;
const FIRST_PAUSE = 2;

/** Optimistic locking: WATCH, read, MULTI, EXEC, and again when somebody else was quicker. */
export async function watch(
  pool: Pool<LeasedRedis>,
  keys: string | readonly string[],
  work: WatchWork,
  given?: WatchOptions,
): Promise<ExecResults> {
  readFunction("watch: work", work);
  const options = readCall("watch", given, ["retries", "signal", "timeout", "label"]);
  const { retries = RETRIES, ...acquire } = options;
  if (!(retries >= 0)) throw wrongArgument("watch: retries", "a number, at least 0", retries);
  const watched = typeof keys === "string" ? [keys] : Array.isArray(keys) ? [...(keys as readonly string[])] : [];
  if (watched.length === 0 || watched.some((key: unknown) => typeof key !== "string"))
    throw wrongArgument("watch: keys", "a key, or a list of keys that is not empty", keys);
  for (let attempt = 0; ; attempt++) {
    const results = await pool.use(async (redis, lease) => {
      await lease.track("WATCH", () => redis.watch(...watched));
      const multi = redis.multi();
      await work(redis, multi);
      return await lease.track("EXEC", () => execute(pool.name, multi));
    }, acquire);
    if (results !== null) return results;
    if (attempt >= retries) throw conflict(pool.name, attempt + 1);
    await sleep(FIRST_PAUSE * 2 ** Math.min(attempt, 6) * (0.5 + Math.random() / 2), undefined, {
      ...(options.signal && { signal: options.signal }),
    });
  }
}

async function execute(where: string, multi: ChainableCommander): Promise<ExecResults | null> {
  try {
    return await multi.exec();
  } catch (error) {
    const isLost = isPoolError(error, "RESOURCE_LOST") || isPoolError(error, "COMMAND_TIMEOUT");
    if (!isLost || error.details.sent !== true) throw error;
    const what = "the answer to EXEC was lost: whether the transaction was carried out is not known";
    throw failure("OUTCOME_UNKNOWN", where, what, { command: "EXEC", sent: true }, error);
  }
}

function conflict(where: string, attempts: number): Error {
  const what = `what was watched has changed in each of ${attempts} tries`;
  return failure("TRANSACTION_CONFLICT", where, what, { attempts });
}
