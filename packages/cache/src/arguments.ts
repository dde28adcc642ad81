import { readCall, readLimit, readSignal, wrongArgument } from "@pool/core";
import type { ComputeOptions, EntryOptions } from "./cache.js";
import type { Keeping } from "./entries.js";

/** How an entry is to be kept, from a call's options and the cache's own. @throws PoolError `INVALID_ARGUMENT` */
export function readEntryCall(call: string, given: EntryOptions | undefined, ttl: number): Keeping {
  return keepingOf(call, readCall<EntryOptions>(call, given, ["ttl", "tags"]), ttl);
}

/** @throws PoolError `INVALID_ARGUMENT` */
export function readComputeCall(
  call: string,
  given: ComputeOptions | undefined,
  ttl: number,
): Keeping & { readonly signal: AbortSignal | undefined } {
  const options = readCall<ComputeOptions>(call, given, ["ttl", "tags", "signal"]);
  return { ...keepingOf(call, options, ttl), signal: readSignal(`${call}: signal`, options.signal) };
}

function keepingOf(call: string, { ttl: own, tags = [] }: EntryOptions, ttl: number): Keeping {
  const lasting = readLimit(`${call}: ttl`, own) ?? ttl;
  if (lasting === Infinity) throw wrongArgument(`${call}: ttl`, "a number of ms above 0 that ends", own);
  return { ttl: lasting, tags: readTags(`${call}: tags`, tags) };
}

/** Each once. @throws PoolError `INVALID_ARGUMENT` */
export function readTags(what: string, tags: unknown): readonly string[] {
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string" && tag !== ""))
    throw wrongArgument(what, "an array of strings that are not empty", tags);
  return [...new Set(tags as readonly string[])]; // checked above
}
