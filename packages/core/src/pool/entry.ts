import type { TaskHold } from "./borrow.js";
import type { CloseReason } from "./close-reason.js";
import type { LeaseRecord } from "./dropped.js";
import type { Sharing } from "./shared-lease.js";
import type { Borrowing } from "./waiter.js";

/**
 * The life of a resource in its pool:
 *
 *     connecting ──→ idle ⇄ leased ──→ resetting
 *         │         ⇅    ↘    │            │  └──→ idle
 *         │    validating ─→ closing ←─────┘
 *         └──────────────────→ │ → closed
 */
export type EntryState = "connecting" | "idle" | "leased" | "validating" | "resetting" | "closing" | "closed";

/** In the order of their codes. */
const STATES: readonly EntryState[] = ["connecting", "idle", "leased", "validating", "resetting", "closing", "closed"];
const IDLE = 1;
const LEASED = 2;

const NEXT: Readonly<Record<EntryState, readonly EntryState[]>> = {
  connecting: ["idle", "closing", "closed"],
  idle: ["leased", "validating", "closing"],
  leased: ["idle", "resetting", "closing"],
  validating: ["idle", "closing"],
  resetting: ["idle", "closing"],
  closing: ["closed"],
  closed: [],
};

/** How many entries of a pool are in passing. The idle ones are counted by their list, and the rest are leased: those change a million times a second. */
export type Tally = Record<"connecting" | "validating" | "resetting" | "closing", number>;

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
  /** The same on the exact clock, where somebody listened to the loan; else NaN. */
  lentAt = NaN;
  /** Some of the next three may be set. */
  told = false;
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

  constructor(owner: EntryOwner, id: number, tally: Tally, createdAt: number) {
    this.owner = owner;
    this.id = id;
    this.#tally = tally;
    this.createdAt = createdAt;
    tally.connecting++;
  }

  get state(): EntryState {
    return STATES[this.#code] ?? "closed";
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

  /** Who has it now and from where, as far as they told. */
  lendTo(borrower: Borrowing | undefined, stack: string | undefined): void {
    this.label = borrower?.label;
    this.hold = borrower?.hold;
    this.stack = stack;
    this.told = borrower !== undefined || stack !== undefined;
    if (this.hold !== undefined) this.hold.took(this, this.leaseId);
  }

  /** What ran under the last lease is none of the next one's. */
  forgetStatements(): void {
    this.statement = undefined;
    this.running = 0;
    this.busyMs = 0;
  }

  /** It is away: remember to close it on its return. The first reason counts. */
  retireFor(reason: CloseReason, cause: unknown): void {
    if (this.retire !== undefined) return;
    this.retire = reason;
    this.retireCause = cause;
  }
}
