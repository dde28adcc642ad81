import { PoolError } from "@pool/core";

/** What the server's names can hold (NAMEDATALEN - 1); it would cut a longer one. */
const MAX_BYTES = 63;

/** @throws PoolError `INVALID_ARGUMENT` for what is no name, or would not arrive as it is */
export function checkChannel(channel: unknown): asserts channel is string {
  if (typeof channel !== "string") throw invalid(`must be a string, got ${channel === null ? "null" : typeof channel}`);
  if (channel === "") throw invalid("must not be empty");
  if (channel.includes("\0")) throw invalid("must not have a NUL in it");
  const bytes = Buffer.byteLength(channel);
  if (bytes > MAX_BYTES) throw invalid(`must have ${MAX_BYTES} bytes at most, and has ${bytes}`);
}

/** `LISTEN` or `UNLISTEN` of channels that were checked. */
export function commands(verb: "LISTEN" | "UNLISTEN", channels: Iterable<string>): string {
  return Array.from(channels, (channel) => `${verb} "${channel.replaceAll('"', '""')}"`).join("; ");
}

function invalid(what: string): PoolError {
  return new PoolError("INVALID_ARGUMENT", `the name of a channel ${what}`);
}
