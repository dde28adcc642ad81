import { PoolError, reasonOf, withTimeout } from "@pool/core";
import { describeEndpoint, type Endpoint } from "../wire/socket.js";
import { type DialledMember, type DialsOptions } from "./dials-options.js";

/** One connect, within its time. Rejects with a PoolError that says where to, and leaves nothing open. */
export async function dialOnce(
  { name, clock, dialTimeout, dial }: DialsOptions,
  endpoint: Endpoint,
  stop: AbortSignal,
): Promise<DialledMember> {
  const where = `etcd ${JSON.stringify(name)}: ${describeEndpoint(endpoint)}`;
  const late = (): PoolError =>
    new PoolError("CONNECT_TIMEOUT", `${where} did not answer within ${String(dialTimeout)} ms`);
  try {
    return await withTimeout(clock, dialTimeout, late, (signal) => dial(endpoint, AbortSignal.any([signal, stop])));
  } catch (error) {
    if (error instanceof PoolError) throw error;
    throw new PoolError("CONNECT_FAILED", `${where} could not be reached: ${reasonOf(error)}`, { cause: error });
  }
}
