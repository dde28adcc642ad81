import type { LockStore, ManagedLock } from "@pool/core";

/** What a test tells of the locks of one backend. */
export interface LockUnderTest {
  /** The store, as one process has it. Several are several clients of one backend. */
  store(): Made<LockStore> | PromiseLike<Made<LockStore>>;
  /** The locks as users get them, of a client of their own; the suite closes them. */
  lock(): Made<ManagedLock> | PromiseLike<Made<ManagedLock>>;
  /** Deletes the key at the backend, behind everybody's back. Adds: the loss is told. */
  deleteKey?(key: string): unknown;
  /** Has the backend fall silent for everybody: it takes what is sent, and answers nothing. Adds: nothing hangs, the loss is told. */
  silence?(): unknown;
  /** Ends the silence. Comes with {@link LockUnderTest.silence}. */
  heal?(): unknown;
  /** The shortest ttl that the backend keeps to, in ms. @default 500 */
  ttl?: number;
  /** Longest wait for what should be prompt, in ms. @default 5_000 */
  patience?: number;
}

export interface Made<T> {
  readonly made: T;
  dispose?(): unknown;
}

/** A hook that a check can need. */
export type LockHook = "deleteKey" | "silence";
