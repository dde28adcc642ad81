import { type QueryOptions, readKeys, readLabel, readLimit, readObject, readSignal, wrongArgument } from "@pool/core";

/** Checks what `stream`, `copyFrom` and `copyTo` are called with, in their own name. `own` are the options beside those of every statement. @throws PoolError `INVALID_ARGUMENT` */
export function readCall(call: string, text: unknown, options: unknown, own: readonly string[] = []): void {
  if (typeof text !== "string" || text.trim() === "")
    throw wrongArgument(`${call}: text`, "a statement that is not empty", text);
  if (options === undefined) return;
  const given: QueryOptions = readObject(`${call}: options`, options);
  readKeys(call, given, [...own, "signal", "timeout", "label"]);
  readLimit(`${call}: timeout`, given.timeout);
  readLabel(`${call}: label`, given.label);
  readSignal(`${call}: signal`, given.signal);
}
