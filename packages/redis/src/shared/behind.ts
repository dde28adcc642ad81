import { type GuardedRedis } from "../connection/guarded-redis.js";
import { type Outgoing } from "./outgoing.js";

/** Bytes that may wait to leave while the first in flight has run out of time: what is sent then waits longer than anybody waits for its answer. */
const FEW_UNSENT = 64 * 1_024;
/** So many may be in flight then as well: one that was given up early says nothing while there are few. */
const FEW_IN_FLIGHT = 1_000;
/** Bytes that may wait to leave in any case, but for what is sent in one tick. */
const MOST_UNSENT = 16 * 1_024 * 1_024;

/** Is the server, or the line to it, so far behind that what is sent now would only lie here? However many are sent to one that is not, it takes. */
export function isBehind({ commandQueue, stream }: GuardedRedis, unsent: number, maxInFlight: number): boolean {
  if (stream.writableLength > MOST_UNSENT) return true;
  if (unsent < FEW_UNSENT && commandQueue.length < Math.max(FEW_IN_FLIGHT, maxInFlight)) return false;
  const first = commandQueue.peekFront()?.command as Outgoing | undefined; // ioredis puts nothing else in
  return first?.isSettled === true;
}
