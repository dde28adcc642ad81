/** What every engine lends here: it costs nothing to open, to check and to close. */
export interface Token {
  readonly id: number;
}

export interface Setup {
  /** Resources of the pool; all are open before anything is measured. */
  readonly size: number;
  /** Longest wait of an acquire in ms; undefined leaves the engine's own default. */
  readonly timeout: number | undefined;
  /** The queue must hold this many. */
  readonly waiters: number;
}

/** One engine, opened for one measurement. `L` is what it hands its borrower. */
export interface Subject<L> {
  acquire(): PromiseLike<L>;
  /** Where the engine can give up a wait. */
  acquireUntil?(signal: AbortSignal): PromiseLike<L>;
  release(lease: L): void;
  /** Reads the resource, as a borrower would. */
  idOf(lease: L): number;
  /** As the engine itself counts; undefined where it does not. */
  counts(): { readonly leased: number | undefined; readonly waiting: number };
  close(): unknown;
}

export interface Engine {
  readonly name: string;
  /** Has a timeout for acquire (and keeps it in the storms). */
  readonly timesOut: boolean;
  readonly aborts: boolean;
  /** Methods take what `acquire` gave, so a caller may treat leases as opaque. */
  open(setup: Setup): Subject<unknown>;
}

/** Zero-cost resources with an id each. */
export function tokens(): () => Token {
  let last = 0;
  return () => ({ id: ++last });
}
