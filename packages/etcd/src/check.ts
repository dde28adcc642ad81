import { type Calls } from "./calls/calls.js";
import { isPoolError } from "@pool/core";

// Where no user of ours keeps anything; only its count is asked for.
const KEY = Buffer.from("@pool/health");

/** A read that needs a majority of the members. Being denied the key is an answer, too: the login was taken, and the cluster decides. */
export async function checkHealth(calls: Calls, timeout: number, signal?: AbortSignal): Promise<void> {
  try {
    const request = { key: KEY, count_only: true };
    await calls.run(calls.protocol.range, request, { command: "HEALTH", kind: "read", timeout, signal });
  } catch (error) {
    if (isPoolError(error, "ACCESS_DENIED") && error.details.status === "PERMISSION_DENIED") return;
    throw error;
  }
}
