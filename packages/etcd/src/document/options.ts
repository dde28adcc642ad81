import { readFunction, readObject } from "@pool/core";
import { type CheckedOptions, readCallOptions } from "../kv/options.js";
import { type DocumentOptions } from "./document.js";

const FUNCTIONS = ["parse", "serialize", "onChange", "onInvalid"] as const;
const KEYS = [...FUNCTIONS, "schema", "initial"];

/** Checks what a document is to be. @throws PoolError `INVALID_ARGUMENT`, for an option that is unknown as well: one that checks nothing would look as if it did */
export function readDocumentOptions<T>(options: DocumentOptions<T>, callTimeout: number): CheckedOptions {
  readObject("document: options", options);
  for (const name of FUNCTIONS) if (options[name] !== undefined) readFunction(`document: ${name}`, options[name]);
  const known: readonly string[] = KEYS;
  return readCallOptions<object>("document", options, callTimeout, known as readonly never[]); // the keys of all calls are what it knows by type
}
