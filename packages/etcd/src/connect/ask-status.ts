import { type IStatusResponse } from "etcd3";
import { type EtcdConnection } from "../wire/connection.js";
import { type Protocol } from "../wire/protocol.js";
import { RpcError } from "../wire/rpc-error.js";

/** What a member says of itself. It needs no login, and no leader. */
export interface MemberStatus {
  readonly version: string;
  /** It knows of a leader, itself or another. */
  readonly hasLeader: boolean;
}

/** One round trip, which any member answers that runs. A refusal counts as an answer: `hasLeader` is then taken for granted. */
export async function askStatus(
  connection: EtcdConnection,
  { status }: Protocol,
  signal: AbortSignal,
): Promise<MemberStatus> {
  signal.throwIfAborted();
  const { reply, cancel } = connection.call<Record<string, never>, IStatusResponse>(status, {}, {});
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    cancel();
    reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const { version, leader } = await Promise.race([reply, aborted]);
    return { version, hasLeader: leader !== "0" };
  } catch (error) {
    if (error instanceof RpcError && error.answered) return { version: "", hasLeader: true };
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
