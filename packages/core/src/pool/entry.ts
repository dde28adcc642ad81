import type { TaskHold } from "./borrow.js";
import type { CloseReason } from "./close-reason.js";
import type { LeaseRecord } from "./dropped.js";
import { IDLE, LEASED, NEXT, STATES, type EntryState, type Tally } from "./entry-state.js";
import type { Sharing } from "./shared-lease.js";
import type { Borrowing } from "./request.js";

/** How a lease ends: the caller gives it back, or it is taken away. */
export type Ending = "released" | "destroyed" | "dropped" | "reclaimed";

/** What an entry and its lease need of the engine. */
export interface EntryOwner {
  giveBack(entry: Entry<unknown>, how: Ending, cause?: unknown): void;
  now(): number;
  exactNow(): number;
  readonly name: string;
  readonly checks: { isFatal(error: unknown): boolean };
}

/** One resource with all that the engine knows of it and of its present hold. Times are the pool's clock in ms. */
export class Entry<R> {
  readonly owner: EntryOwner;
  readonly id: number;
  /** Where its latest lease stands among the recent ones. */
  readonly place: number;
  readonly #tally: Tally;
  #code = 0; // A number: comparing and storing a text costs three times that.

  /** Set once the factory has resolved, and never changed. */
  resource: R | undefined = undefined;
  /** When its connect started. */
  readonly createdAt: number;
  openedAt = 0;
  expiresAt = 0;
  /** When it was last used; what idleTimeout counts from. */
  usedAt = 0;
  /** When it was last known to work; what validateIfIdleFor counts from. */
  checkedAt = 0;
  keepAliveAt = 0;
  uses = 0;
  /** Checked for those who wait now: lent whatever its times say. */
  vouched = false;
  /** Decided while it was away: close it on its return. */
  retire: CloseReason | undefined = undefined;
  retireCause: unknown = undefined;

  previous: Entry<R> | undefined = undefined; // The idle list is threaded through the entries.
  next: Entry<R> | undefined = undefined;

  // The hold: who has it now. `leaseId` is 0 when nobody has.
  leaseId = 0;
  leasedAt = 0;
  /** Some of what follows may be set: the one thing that a loan and a return have to ask. */
  marked = false;
  /** When it was lent on the exact clock, where somebody listened to the loan; else NaN. */
  lentAt = NaN;
  label: string | undefined = undefined;
  stack: string | undefined = undefined;
  hold: TaskHold | undefined = undefined;
  statement: string | undefined = undefined;
  running = 0;
  runningSince = 0;
  busyMs = 0;
  /** The exact time, while all that happens at one instant is done; else 0. A look at the clock costs up to 100 ns. */
  instant = 0;
  leakReported = false;
  sharing: Sharing | undefined = undefined;
  watched: LeaseRecord | undefined = undefined;

  constructor(owner: EntryOwner, id: number, tally: Tally, createdAt: number, place: number) {
    this.owner = owner;
    this.id = id;
    this.place = place;
    this.#tally = tally;
    this.createdAt = createdAt;
    tally.connecting++;
  }

  get state(): EntryState {
    return STATES[this.#code] ?? "closed";
  }

  get isLeased(): boolean {
    return this.#code === LEASED;
  }

  /** Changes the state; the one place that knows which changes there are. */
  to(next: EntryState): void {
    const { state } = this;
    if (!NEXT[state].includes(next)) throw new TypeError(`a resource cannot go from ${state} to ${next}`);
    if (state in this.#tally) this.#tally[state as keyof Tally]--;
    if (next in this.#tally) this.#tally[next as keyof Tally]++;
    this.#code = STATES.indexOf(next);
  }

  /** `to("leased")`, for the loan that happens a million times a second. */
  toLeased(): void {
    if (this.#code === IDLE) this.#code = LEASED;
    else this.to("leased");
  }

  /** `to("idle")`, for the return from such a loan. */
  toIdle(): void {
    if (this.#code === LEASED) this.#code = IDLE;
    else this.to("idle");
  }

  /** Who has it now and from where, as far as they told. What was under the last lease is none of this one's. */
  holdAnew(borrower: Borrowing | undefined, stack: string | undefined): void {
    this.marked = borrower !== undefined || stack !== undefined;
    this.label = borrower?.label;
    this.hold = borrower?.hold;
    this.stack = stack;
    this.lentAt = NaN;
    this.statement = undefined;
    this.running = 0;
    this.busyMs = 0;
    if (this.hold !== undefined) this.hold.took(this, this.leaseId);
  }

  /** It is away: remember to close it on its return. The first reason counts. */
  retireFor(reason: CloseReason, cause: unknown): void {
    if (this.retire !== undefined) return;
    this.retire = reason;
    this.retireCause = cause;
  }
}
