import { moment } from "../events.js";
import type { PoolError } from "../errors.js";
import { CoarseClock } from "../time.js";
import type { Hold } from "./borrow.js";
import { Checks } from "./checks.js";
import { closeResource } from "./closing.js";
import { wouldDeadlock } from "./deadlock.js";
import { unwatch } from "./dropped.js";
import { Entry, type CloseReason, type Ending, type EntryOwner, type Tally } from "./entry.js";
import { EntryList } from "./entry-list.js";
import type { ResourceFactory } from "./factory.js";
import { Growing, type GrowingHost } from "./growing.js";
import { busyMsOf, holdersAmong } from "./holders.js";
import { PoolLease, type Lease } from "./lease.js";
import type { ResolvedPoolOptions } from "./options.js";
import { unavailable, type Moment } from "./refusals.js";
import { Totals } from "./totals.js";
import { WaitingRoom, type WaitingHost } from "./waiting-room.js";
import type { Request } from "./wait-queue.js";

const leases = moment("pool:lease");
const releases = moment("pool:release");
const closes = moment("pool:close");

/** What stands above the engine and hears of its changes. */
export interface EngineObserver {
  opened(): void;
  openFailed(error: unknown): void;
  /** An entry has left for good. */
  gone(): void;
}

/** After one resource turned out dead, its neighbours are doubted for so long: they do not count as help that is on its way. */
const DOUBT = 5_000;

/**
 * Entries, waiters and leases, and the one method in which they meet: {@link serve} runs after every change. A resource that is being
 * validated or reset is simply not idle yet, and no waiter is tied to it.
 */
export class Engine<R> implements EntryOwner, WaitingHost, GrowingHost<R> {
  readonly options: ResolvedPoolOptions;
  readonly factory: ResourceFactory<R>;
  readonly limits: { maxSize: number; maxIdle: number; minIdle: number };
  readonly entries = new Set<Entry<R>>();
  readonly idle = new EntryList<R>();
  readonly tally: Tally = { connecting: 0, idle: 0, leased: 0, validating: 0, resetting: 0, closing: 0, closed: 0 };
  readonly totals = new Totals();
  readonly growing: Growing<R>;
  readonly room: WaitingRoom<R>;
  state: "open" | "draining" | "closed" = "open";
  /** How many resources are wanted at least, whether or not somebody waits for them. */
  warmTarget = 0;
  observer: EngineObserver | undefined;

  readonly #clock: CoarseClock;
  readonly #checks: Checks<R>;
  readonly #looksAtReturn: boolean;
  #leaseCount = 0;
  #entryCount = 0;
  #serving = false;
  #serveAgain = false;
  #doubtUntil = -Infinity;

  constructor(factory: ResourceFactory<R>, options: ResolvedPoolOptions) {
    this.factory = factory;
    this.options = options;
    this.limits = { maxSize: options.maxSize, maxIdle: options.maxIdle, minIdle: options.minIdle };
    this.#clock = new CoarseClock(options.clock);
    this.#checks = new Checks(factory, options);
    this.#looksAtReturn = factory.reset !== undefined || factory.status !== undefined;
    this.growing = new Growing<R>(factory, this);
    this.room = new WaitingRoom<R>(this);
  }

  get name(): string {
    return this.options.name;
  }

  get waiting(): number {
    return this.room.waiting;
  }

  /** Resources that exist and work, as far as is known. */
  get open(): number {
    return this.tally.idle + this.tally.leased + this.tally.validating + this.tally.resetting;
  }

  now(): number {
    return this.#clock.now();
  }

  refresh(): number {
    return this.#clock.refresh();
  }

  exactNow(): number {
    return this.options.clock.now();
  }

  isFatal(error: unknown): boolean {
    return this.factory.isFatal?.(error) === true;
  }

  wouldDeadlock(hold: Hold): boolean {
    return wouldDeadlock(this.entries, this.limits.maxSize, hold);
  }

  whyUnavailable(): PoolError | undefined {
    const { growing, tally } = this;
    if (growing.failures === 0 || !growing.down || this.open > 0 || tally.connecting > 0 || !growing.pausing)
      return undefined;
    return unavailable(this.name, this.factory.kind, growing.failures, growing.lastError);
  }

  moment(): Moment {
    const { leased, idle, connecting } = this.tally;
    const holders = holdersAmong(this.entries, this.factory, this.now(), this.exactNow());
    const counts = {
      maxSize: this.limits.maxSize,
      size: this.entries.size,
      leased,
      idle,
      connecting,
      waiting: this.waiting,
    };
    return { pool: this.name, ...counts, lastConnectError: this.growing.lastError, holders };
  }

  /** Lends at once, or queues. */
  acquire(request: Request | undefined, stack: string | undefined): Promise<Lease<R>> {
    if (request?.signal?.aborted === true) {
      this.totals.aborted++;
      return Promise.reject(request.signal.reason as Error);
    }
    const lease = this.tryLend(request, stack);
    return lease === undefined ? this.room.enter(request, stack) : Promise.resolve(lease);
  }

  /** A fresh idle one, unless somebody else waits for it. */
  tryLend(request: Request | undefined, stack: string | undefined): PoolLease<R> | undefined {
    if (this.room.waiting > 0 || this.state !== "open") return undefined;
    const entry = this.#takeFresh();
    return entry === undefined ? undefined : this.#lend(entry, request, stack, 0);
  }

  /** Brings waiters and idle resources together, and has more opened where that is not enough. */
  serve(): void {
    if (this.#serving) {
      this.#serveAgain = true;
      return;
    }
    this.#serving = true;
    try {
      do {
        this.#serveAgain = false;
        while (this.room.waiting > 0) {
          const entry = this.#takeFresh();
          if (entry === undefined) break;
          const waiter = this.room.next();
          if (waiter === undefined) break;
          waiter.resolve(this.#lend(entry, waiter.request, waiter.stack, waiter.since));
        }
        if (this.room.waiting > 0 && this.tally.idle > 0) this.#validateStale();
        if (this.entries.size < this.limits.maxSize) this.growing.grow();
      } while (this.#serveAgain);
    } finally {
      this.#serving = false;
    }
  }

  missing(): number {
    if (this.state !== "open") return 0;
    const { tally, limits } = this;
    const coming = tally.connecting + tally.resetting + (this.now() < this.#doubtUntil ? 0 : tally.validating);
    const forWaiters = this.waiting + limits.minIdle - tally.idle - coming;
    return Math.min(
      Math.max(forWaiters, this.warmTarget - this.entries.size + tally.closing),
      limits.maxSize - this.entries.size,
    );
  }

  enlist(): Entry<R> {
    const entry = new Entry<R>(this, ++this.#entryCount, this.tally, this.now());
    this.entries.add(entry);
    return entry;
  }

  opened(entry: Entry<R>, resource: R): void {
    const { maxLifetime, lifetimeJitter, keepAliveInterval, random } = this.options;
    const now = this.refresh();
    entry.resource = resource;
    entry.openedAt = now;
    entry.expiresAt = now + maxLifetime * (1 - lifetimeJitter * random());
    entry.keepAliveAt = now + keepAliveInterval * (0.8 + 0.4 * random());
    this.totals.created++;
    this.#settleIn(entry, now);
    this.observer?.opened();
  }

  openFailed(entry: Entry<R>, error: unknown): void {
    entry.to("closed");
    this.entries.delete(entry);
    this.totals.createFailed++;
    this.observer?.openFailed(error);
    if (this.state === "open" && this.growing.down && this.open === 0) {
      this.room.failAll(unavailable(this.name, this.factory.kind, this.growing.failures, error));
    }
    this.observer?.gone();
    this.serve();
  }

  openedLate(entry: Entry<R>, resource: R): void {
    entry.resource = resource;
    entry.openedAt = this.now();
    this.totals.created++;
    this.close(entry, "abandoned");
  }

  straggler(resource: R): void {
    this.totals.created++;
    this.totals.countClose("abandoned");
    const { clock, closeTimeout } = this.options;
    closeResource(this.factory, resource, { reason: "abandoned", clock, closeTimeout }, () => undefined);
  }

  lost(entry: Entry<R>, cause: unknown): void {
    if (entry.state === "idle") this.close(entry, "lost", cause);
    else if (entry.state !== "closing" && entry.state !== "closed") this.retire(entry, "lost", cause);
  }

  /** It is away: close it on its return. */
  retire(entry: Entry<R>, reason: CloseReason, cause?: unknown): void {
    if (entry.retire !== undefined) return;
    entry.retire = reason;
    entry.retireCause = cause;
  }

  giveBack(entry: Entry<R>, how: Ending, cause?: unknown): void {
    const leaseId = entry.leaseId;
    entry.leaseId = 0;
    entry.lease = undefined;
    if (entry.watched !== undefined) {
      unwatch(entry.watched);
      entry.watched = undefined;
    }
    const now = this.now();
    this.totals[how === "reclaimed" ? "destroyed" : how]++;
    let reason: CloseReason | undefined = how === "released" ? this.#whyNotKeep(entry, now) : how;
    let openTransaction = false;
    let clean = true;
    if (this.#looksAtReturn) {
      const status = this.#checks.status(entry);
      if (status === "unfit") reason ??= "reset-failed";
      else if (status?.busy === true) reason ??= "busy-at-release";
      else if (status?.inTransaction === true) {
        openTransaction = true;
        this.totals.openTransactions++;
        if (this.factory.reset === undefined) reason ??= "reset-failed";
      }
      clean = this.factory.reset === undefined || (status !== "unfit" && status?.clean === true && !openTransaction);
    }
    if (releases.hasSubscribers) this.#publishRelease(entry, leaseId, now, openTransaction, reason !== undefined);
    entry.hold = undefined;
    if (reason !== undefined) this.close(entry, reason, cause ?? entry.retireCause);
    else if (clean) this.#park(entry, now);
    else this.#reset(entry, openTransaction);
  }

  /** Checks an idle entry; it is idle again, or closed. */
  validate(entry: Entry<R>, keepAlive: boolean): void {
    const stale = keepAlive || this.now() - entry.checkedAt >= this.options.validateIfIdleFor;
    this.idle.remove(entry);
    entry.to("validating");
    this.#checks.validate(entry, { keepAlive, stale }).then(
      () => {
        const now = this.refresh();
        entry.checkedAt = now;
        entry.keepAliveAt = now + this.options.keepAliveInterval * (0.8 + 0.4 * this.options.random());
        this.#settleIn(entry, entry.usedAt);
      },
      (error: unknown) => {
        this.#doubtUntil = this.refresh() + DOUBT;
        this.close(entry, "validate-failed", error);
      },
    );
  }

  close(entry: Entry<R>, reason: CloseReason, cause?: unknown): void {
    if (entry.state === "idle") this.idle.remove(entry);
    entry.to("closing");
    this.totals.countClose(reason);
    if (closes.hasSubscribers) {
      const { id: resourceId, uses } = entry;
      closes.publish({ pool: this.name, resourceId, reason, ageMs: this.now() - entry.openedAt, uses, cause });
    }
    const { clock, closeTimeout } = this.options;
    // An entry that is closed was opened, so it has its resource.
    closeResource(this.factory, entry.resource as R, { reason, clock, closeTimeout }, () => {
      entry.to("closed");
      this.entries.delete(entry);
      this.observer?.gone();
      this.serve();
    });
  }

  /** The next idle one that may be lent without a check. Those past their time are closed on the way. */
  #takeFresh(): Entry<R> | undefined {
    const lifo = this.options.reuse === "lifo";
    let entry = lifo ? this.idle.last : this.idle.first;
    if (entry === undefined) return undefined;
    const now = this.#clock.now();
    while (entry !== undefined) {
      const further: Entry<R> | undefined = lifo ? entry.previous : entry.next;
      if (now >= entry.expiresAt) this.close(entry, "max-lifetime");
      else if (entry.vouched || this.#isFresh(entry, now)) {
        this.idle.remove(entry);
        return entry;
      }
      entry = further;
    }
    return undefined;
  }

  #isFresh(entry: Entry<R>, now: number): boolean {
    if (this.factory.validate === undefined) return true;
    return now - entry.checkedAt < this.options.validateIfIdleFor && this.factory.validateAlways !== true;
  }

  /** Checks idle ones for those who wait: as many as wait, or all of them while there is doubt. */
  #validateStale(): void {
    const doubted = this.now() < this.#doubtUntil;
    let wanted = doubted ? Infinity : this.waiting - this.tally.validating - this.tally.resetting;
    for (let entry = this.idle.last; entry !== undefined && wanted > 0; wanted--) {
      const further: Entry<R> | undefined = entry.previous;
      this.validate(entry, false);
      entry = further;
    }
  }

  #lend(entry: Entry<R>, request: Request | undefined, stack: string | undefined, since: number): PoolLease<R> {
    const id = ++this.#leaseCount;
    entry.to("leased");
    entry.vouched = false;
    entry.uses++;
    entry.leaseId = id;
    entry.leasedAt = this.#clock.now();
    entry.label = request?.label;
    entry.hold = request?.hold;
    entry.stack = stack;
    entry.statement = undefined;
    entry.running = 0;
    entry.busyMs = 0;
    entry.leakReported = false;
    this.totals.acquired++;
    const lease = new PoolLease(entry, id);
    entry.lease = lease;
    if (leases.hasSubscribers) {
      const waitedMs = since === 0 ? 0 : this.refresh() - since;
      leases.publish({ pool: this.name, leaseId: id, resourceId: entry.id, label: entry.label, waitedMs });
    }
    return lease;
  }

  #whyNotKeep(entry: Entry<R>, now: number): CloseReason | undefined {
    if (entry.retire !== undefined) return entry.retire;
    if (entry.running > 0) return "busy-at-release";
    if (this.state !== "open") return "pool-closed";
    if (entry.uses >= this.options.maxUses) return "max-uses";
    if (now >= entry.expiresAt) return "max-lifetime";
    return this.entries.size > this.limits.maxSize ? "resized" : undefined;
  }

  /** It has just worked, or been made clean: lend it on, keep it, or close it where enough are kept. */
  #park(entry: Entry<R>, now: number): void {
    entry.usedAt = now;
    entry.checkedAt = now;
    entry.to("idle");
    this.idle.add(entry);
    if (this.room.waiting > 0) this.serve();
    if (this.tally.idle > this.limits.maxIdle && entry.state === "idle") this.close(entry, "max-idle");
  }

  /** It was opened or checked: lend it to who waits, or keep it. */
  #settleIn(entry: Entry<R>, usedAt: number): void {
    if (entry.retire !== undefined) {
      this.close(entry, entry.retire, entry.retireCause);
      return;
    }
    if (this.state !== "open") {
      this.close(entry, "pool-closed");
      return;
    }
    entry.usedAt = usedAt;
    entry.checkedAt = this.now();
    entry.to("idle");
    entry.vouched = true;
    this.idle.add(entry);
    this.serve();
    entry.vouched = false;
    if (entry.state === "idle" && this.entries.size > this.limits.maxSize) this.close(entry, "resized");
  }

  #reset(entry: Entry<R>, inTransaction: boolean): void {
    entry.to("resetting");
    this.#checks.reset(entry, inTransaction).then(
      () => {
        const reason = this.#whyNotKeep(entry, this.now());
        if (reason === undefined) this.#park(entry, this.now());
        else this.close(entry, reason, entry.retireCause);
      },
      (error: unknown) => {
        this.close(entry, "reset-failed", error);
      },
    );
  }

  #publishRelease(entry: Entry<R>, leaseId: number, now: number, openTransaction: boolean, destroyed: boolean): void {
    const { id: resourceId, label } = entry;
    const heldMs = now - entry.leasedAt;
    releases.publish({
      pool: this.name,
      leaseId,
      resourceId,
      label,
      heldMs,
      busyMs: busyMsOf(entry, this.exactNow()),
      openTransaction,
      destroyed,
    });
  }
}
