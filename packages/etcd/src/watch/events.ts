import { type EtcdEntry } from "../kv/entry.js";

/** What a watch tells, in the order of the store's revisions. */
export type WatchEvent =
  | { readonly type: "put"; readonly entry: EtcdEntry; readonly previous: EtcdEntry | undefined }
  | {
      readonly type: "delete";
      readonly key: string;
      readonly keyBytes: Buffer;
      readonly revision: bigint;
      readonly previous: EtcdEntry | undefined;
    }
  /** The history was cut off while nobody listened: changes of the revisions from `from` up to `compactRevision` (without it) will not be told. */
  | { readonly type: "gap"; readonly from: bigint; readonly compactRevision: bigint }
  /** All that is there at `revision`, in place of everything before. */
  | { readonly type: "snapshot"; readonly entries: readonly EtcdEntry[]; readonly revision: bigint };

/** The keys' changes, one after the other, over as many connections as it takes. For one reader. */
export interface EtcdWatch extends AsyncIterable<WatchEvent>, AsyncDisposable {
  /** Resolves when the server watches: with the first revision whose changes are told. Rejects as the iteration does. */
  readonly started: Promise<bigint>;
  /** Ends it, and the loop that reads it. Idempotent. */
  close(): void;
}

export interface WatchOptions {
  /** Tells changes from this revision of the store on, old ones too. @default from now on */
  fromRevision?: bigint;
  /** Begins with a `snapshot` of all that is there; after a gap there is another one. @default false */
  snapshot?: boolean;
  /** With what was there before each change. @default false */
  previous?: boolean;
  /** Changes of the other kind are not told. @default both */
  only?: "put" | "delete";
  /** Ends it. */
  signal?: AbortSignal;
}
