import { type Bytes } from "../kv/keyspace.js";
import { type KeyValues } from "../kv/kv.js";
import { type CallOptions } from "../kv/options.js";
import { type EtcdWatch } from "../watch/events.js";
import { type DocumentShape } from "./validator.js";

/** What is told about a document whose newest version is not in force. */
export interface DocumentProblem {
  /** `DOCUMENT_INVALID`, `DOCUMENT_MISSING`, or why it cannot be watched. */
  readonly error: unknown;
  /** The revision that it was written at; undefined where nothing was. */
  readonly revision: bigint | undefined;
}

export interface DocumentOptions<T> extends DocumentShape<T> {
  /** Stands for a document that is not there when it is first read. Without it, that is an error. */
  initial?: T;
  /** Told of every good value but the first. */
  onChange?: (value: T, at: { readonly revision: bigint }) => void;
  /** Told when a new version is bad, and the last good one stays in force. */
  onInvalid?: (problem: DocumentProblem) => void;
  /** Ends it. */
  signal?: AbortSignal;
  /** Longest time for the first value, in ms. @default the client's callTimeout */
  timeout?: number;
}

/**
 * A typed document in etcd that is watched. What is in force is the newest version that was good: over outages, compactions and bad edits.
 * It ends with its connector. Iterating it yields the value in force, and then each new one; who is slow sees the newest.
 */
export interface EtcdDocument<T> extends AsyncIterable<T>, AsyncDisposable {
  readonly key: Bytes;
  /** The last good one. */
  readonly value: T;
  /** The revision that it was written at; `0n` for `initial`. */
  readonly revision: bigint;
  /** Why the newest version is not in force; undefined when it is. */
  readonly problem: DocumentProblem | undefined;
  /** Calls `listener` for every new good value, until the function that it returns is called. */
  subscribe(listener: (value: T) => void): () => void;
  /**
   * Writes what `change` makes of the newest version, checked, and only if nobody has written meanwhile: then it is made anew.
   * @throws PoolError `DOCUMENT_INVALID` for what is stored or what `change` gave, and nothing is written · as `swap` does
   */
  update(change: (value: T) => T | PromiseLike<T>, options?: CallOptions): Promise<T>;
  /** Ends it. The last value stays readable. Idempotent. */
  close(): void;
}

/** What one stands on. */
export interface DocumentParts {
  readonly name: string;
  readonly values: KeyValues;
  watch(signal: AbortSignal): EtcdWatch;
}
