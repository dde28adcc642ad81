import { CoarseClock } from "../time.js";
import { Arrivals } from "./arrivals.js";
import { Checks } from "./checks.js";
import { closeResource, publishClose } from "./closing.js";
import { RecentLeases } from "./dropped.js";
import type { CloseReason } from "./close-reason.js";
import { Entry, type Ending, type EntryOwner } from "./entry.js";
import { EntryList } from "./entry-list.js";
import type { Tally } from "./entry-state.js";
import type { ResourceFactory } from "./factory.js";
import { Growing } from "./growing.js";
import { keptShapes } from "./kept-shapes.js";
import { promised, type Lease, type PoolLease } from "./lease.js";
import { lend } from "./lending.js";
import { Limits } from "./limits.js";
import type { ResolvedPoolOptions } from "./options.js";
import { Returns } from "./returns.js";
import { releasesHeard } from "./told-ends.js";
import { Totals } from "./totals.js";
import { Vetting } from "./vetting.js";
import { WaitingRoom } from "./waiting-room.js";
import type { Request } from "./request.js";

/** What stands above the engine and hears of its changes. */
export interface EngineObserver {
  opened(): void;
  openFailed(error: unknown): void;
  /** An entry has left for good. */
  gone(): void;
}

/**
 * Entries, waiters and leases, and the one method in which they meet: {@link serve} runs after every change. A resource that is being
 * validated or reset is simply not idle yet, and no waiter is tied to it.
 */
export class Engine<R> implements EntryOwner {
  readonly options: ResolvedPoolOptions;
  readonly factory: ResourceFactory<R>;
  readonly limits: Limits;
  readonly entries = new Set<Entry<R>>();
  readonly idle = new EntryList<R>();
  readonly tally: Tally = { connecting: 0, validating: 0, resetting: 0, closing: 0 };
  readonly totals = new Totals();
  readonly checks: Checks<R>;
  readonly growing: Growing<R>;
  readonly room: WaitingRoom<R>;
  readonly vetting: Vetting<R>;
  readonly recent = new RecentLeases<R>();
  state: "open" | "draining" | "closed" = "open";
  /** `state === "open"`, for the hot path. */
  isOpen = true;
  /** `growing.failures > 0`, for the hot path: who comes may have to be refused. Kept by {@link Growing}. */
  isFailing = false;
  /** No more may be opened: what {@link recount} finds, for the hot path. */
  isFull = false;
  /** `maxSize` was lowered once: only then can there be more than may be. */
  shrunk = false;
  /** Counts the evictions, from 1. */
  generation = 1;
  /** How many resources are wanted at least, whether or not somebody waits for them. */
  warmTarget = 0;
  observer: EngineObserver | undefined;
  readonly keptShapes: readonly unknown[];
  readonly clock: CoarseClock;
  readonly #returns: Returns<R>;
  readonly #lifo: boolean;
  /** What was in use a moment ago may be lent on at once. */
  readonly #lendsOn: boolean;
  /** Nothing has to be asked of a resource at its return. */
  readonly #plainReturns: boolean;
  #entryCount = 0;
  #serving = false;
  #serveAgain = false;

  constructor(factory: ResourceFactory<R>, options: ResolvedPoolOptions) {
    this.factory = factory;
    this.options = options;
    this.limits = new Limits(options);
    this.clock = new CoarseClock(options.clock);
    this.#lifo = options.reuse === "lifo";
    this.#lendsOn =
      factory.validate === undefined || (factory.validateAlways !== true && options.validateIfIdleFor > 0);
    this.#plainReturns = factory.reset === undefined && factory.status === undefined;
    this.checks = new Checks(factory, options);
    this.room = new WaitingRoom<R>(this);
    this.growing = new Growing<R>(this, new Arrivals<R>(this));
    this.#returns = new Returns<R>(this);
    this.vetting = new Vetting<R>(this);
    this.keptShapes = keptShapes(this);
  }

  get name(): string {
    return this.options.name;
  }

  get waiting(): number {
    return this.room.waiting;
  }

  /** Resources that exist and work, as far as is known. */
  get open(): number {
    return this.entries.size - this.tally.connecting - this.tally.closing;
  }

  get leased(): number {
    return this.open - this.idle.size - this.tally.validating - this.tally.resetting;
  }

  /** There are more than may be, not counting those about to go. */
  get overLimit(): boolean {
    return this.entries.size - this.tally.closing > this.limits.maxSize;
  }

  now(): number {
    return this.clock.now();
  }

  refresh(): number {
    return this.clock.refresh();
  }

  exactNow(): number {
    return this.options.clock.now();
  }

  /** Lends at once, or queues. */
  acquire(request: Request | undefined, stack: string | undefined): Promise<Lease<R>> {
    if (request?.signal?.aborted === true) {
      this.totals.aborted++;
      return Promise.reject(request.signal.reason as Error);
    }
    if (this.room.waiting === 0 && this.isOpen) {
      const now = this.clock.now();
      const entry = this.#takeFresh(now);
      if (entry !== undefined) return promised(lend(this, entry, request, stack, now, -1));
    }
    return this.room.enter(request, stack);
  }

  /** A fresh idle one, unless somebody else waits for it. */
  tryLend(request: Request | undefined, stack: string | undefined): PoolLease<R> | undefined {
    if (this.room.waiting > 0 || !this.isOpen) return undefined;
    const now = this.clock.now();
    const entry = this.#takeFresh(now);
    return entry && lend(this, entry, request, stack, now, -1);
  }

  /** Somebody waits now: is there anything to be done for them? */
  joined(): void {
    if (!this.isFull || this.idle.size > 0) this.serve();
  }

  /** Brings waiters and idle resources together, and has more opened where that is not enough. */
  serve(): void {
    this.#serveAgain = true;
    if (this.#serving) return;
    this.#serving = true;
    while (this.#serveAgain) {
      this.#serveAgain = false;
      while (this.room.waiting > 0) {
        const now = this.clock.now();
        const entry = this.#takeFresh(now);
        if (entry === undefined) break;
        // Whoever heard of one that was closed on the way may have called off the last who waited.
        if (!this.room.serve(entry, now)) this.#putBack(entry);
      }
      if (this.room.waiting > 0 && this.idle.size > 0) this.vetting.checkIdle();
      if (!this.isFull) this.growing.grow();
    }
    this.#serving = false;
  }

  /** A new entry, connecting. */
  enlist(): Entry<R> {
    const entry = new Entry<R>(this, ++this.#entryCount, this.tally, this.now(), this.recent.takePlace());
    this.entries.add(entry);
    this.recount();
    return entry;
  }

  /** There are more entries, or fewer, or another limit. */
  recount(): void {
    this.isFull = this.entries.size >= this.limits.maxSize;
  }

  /** It has left for good. */
  strike(entry: Entry<R>): void {
    entry.to("closed");
    this.entries.delete(entry);
    this.recount();
    this.recent.freePlace(entry.place);
    this.observer?.gone();
    this.serve();
  }

  giveBack(entry: Entry<R>, how: Ending, cause?: unknown): void {
    if (entry.marked || how !== "released" || !this.#plainReturns || releasesHeard()) {
      this.#returns.take(entry, how, cause);
      return;
    }
    entry.leaseId = 0;
    this.totals.released++;
    this.keep(entry);
  }

  /** It is back and clean: lend it on or keep it, unless something speaks against it. */
  keep(entry: Entry<R>): void {
    const now = this.clock.now();
    const reason = this.whyNotKeep(entry, now);
    if (reason !== undefined) {
      this.close(entry, reason, entry.retireCause);
      return;
    }
    entry.usedAt = now;
    entry.checkedAt = now;
    if (this.room.waiting > 0 && this.#lendsOn) {
      if (!entry.isLeased) {
        entry.toIdle();
        entry.toLeased();
      }
      this.room.serve(entry, now);
      if (!this.isFull) this.serve();
      return;
    }
    entry.toIdle();
    this.idle.add(entry);
    if (this.room.waiting > 0) this.serve();
    if (this.idle.size > this.limits.maxIdle && entry.state === "idle") this.close(entry, "max-idle");
  }

  /** It was opened or found to work: lend it to who waits (`vouched`: whatever its times say), or keep it. */
  welcome(entry: Entry<R>, vouched: boolean): void {
    const reason = entry.retire ?? (this.state !== "open" ? "pool-closed" : this.overLimit ? "resized" : undefined);
    if (reason !== undefined) {
      this.close(entry, reason, entry.retireCause);
      return;
    }
    entry.checkedAt = this.now();
    entry.toIdle();
    entry.vouched = vouched;
    this.idle.add(entry);
    this.serve();
    entry.vouched = false;
    const keep = Math.max(this.limits.maxIdle, this.warmTarget);
    if (entry.state === "idle" && this.idle.size > keep) this.close(entry, "max-idle");
  }

  close(entry: Entry<R>, reason: CloseReason, cause?: unknown): void {
    if (entry.state === "idle") this.idle.remove(entry);
    entry.to("closing");
    this.totals.countClose(reason);
    this.growing.closed(entry, reason, cause);
    publishClose(this.name, entry, reason, this.now(), cause);
    const { clock, closeTimeout } = this.options;
    // An entry that is closed was opened, so it has its resource.
    closeResource(this.factory, entry.resource as R, { reason, clock, closeTimeout }, () => this.strike(entry));
    this.serve();
  }

  /** The next idle one that may be lent without a check, as one that is lent. Those past their time are closed on the way. */
  #takeFresh(now: number): Entry<R> | undefined {
    const entry = this.#lifo ? this.idle.last : this.idle.first;
    if (entry === undefined) return undefined;
    if (now >= entry.expiresAt || !this.vetting.isFresh(entry, now)) return this.vetting.takeOther(this.#lifo, now);
    this.idle.remove(entry);
    entry.toLeased();
    return entry;
  }

  #putBack(entry: Entry<R>): void {
    entry.toIdle();
    this.idle.add(entry);
  }

  /** What speaks against lending it again. */
  whyNotKeep(entry: Entry<R>, now: number): CloseReason | undefined {
    if (entry.retire !== undefined) return entry.retire;
    if (!this.isOpen) return "pool-closed";
    if (entry.uses >= this.options.maxUses) return "max-uses";
    if (now >= entry.expiresAt) return "max-lifetime";
    return this.shrunk && this.overLimit ? "resized" : undefined;
  }
}
