import { type EtcdEntry } from "./entry.js";

export interface Found {
  readonly entries: readonly EtcdEntry[];
  /** How many there are, those beyond `limit` included. */
  readonly count: number;
  /** The store's revision that this is a picture of: a watch from the next one misses nothing. */
  readonly revision: bigint;
}

export interface Written {
  /** The store's revision with it. */
  readonly revision: bigint;
  /** What was there before, where it was asked for. */
  readonly previous: EtcdEntry | undefined;
}

export interface Deleted {
  readonly revision: bigint;
  readonly deleted: number;
  /** What was there, where it was asked for. */
  readonly previous: readonly EtcdEntry[];
}

/** Written, or what was found instead of what `ifRevision` says. */
export type Swapped =
  | { readonly swapped: true; readonly revision: bigint }
  | { readonly swapped: false; readonly revision: bigint; readonly found: EtcdEntry | undefined };
