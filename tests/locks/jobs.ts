/** What the processes of a test are told to do. One that is paused goes on when the file `goOn` is there. */
export type Job =
  | { readonly do: "pause"; readonly keys: readonly string[]; readonly ttl: number; readonly goOn: string }
  | { readonly do: "count"; readonly keys: readonly string[]; readonly ttl: number }
  | { readonly do: "turns"; readonly key: string; readonly times: number; readonly ttl: number }
  | { readonly do: "end" };

/** Of a process that is about to be paused. */
export interface Held {
  /** How many locks. */
  readonly holding: number;
}

/** Of one that goes on after its pause. */
export interface Late {
  /** Locks that said at once that they are held. */
  readonly stillHeld: number;
  /** Locks whose `lost` was not aborted at once. */
  readonly untold: number;
  /** Late writes that were accepted. */
  readonly written: number;
}

export interface Turns {
  readonly tokens: readonly string[];
  readonly ms: number;
}
