import { moment } from "../events.js";
import { withoutStack, type PoolError } from "../errors.js";
import { Admission } from "./admission.js";
import { momentOf } from "./census.js";
import { startWaiting, stopWaiting } from "./deadlock.js";
import { Deadlines } from "./deadlines.js";
import type { Engine } from "./engine.js";
import type { Lease } from "./lease.js";
import { TimeoutErrors, type Moment } from "./refusals.js";
import { Signals } from "./signals.js";
import { WaitQueue } from "./wait-queue.js";
import { TellingWaiter, Waiter, type Request } from "./waiter.js";

const timeouts = moment("pool:timeout");
const refusals = moment("pool:refuse");

/** Those who wait: for how long, and how a wait ends without a lease. */
export class WaitingRoom<R> {
  readonly #engine: Engine<R>;
  readonly #admission: Admission<R>;
  readonly #queue = new WaitQueue<R>();
  readonly #signals: Signals<R>;
  readonly #deadlines: Deadlines;
  readonly #acquireTimeout: number;
  readonly #maxWaiting: number;

  // One function serves every promise, and takes what it needs from here: a closure for each would cost 100 bytes per waiter.
  #entering: Request | undefined;
  #enteringTimeout = 0;
  #enteringStack: string | undefined;
  readonly #enqueue = (resolve: (lease: Lease<R>) => void, reject: (reason: unknown) => void): void => {
    const request = this.#entering;
    // The coarse clock may be behind by what has blocked the loop in this turn, as it tells later: in a burst it is not worth reading the exact one for each.
    const exact = this.#queue.waiting === 0 || request?.timeout !== undefined;
    const now = exact ? this.#engine.refresh() : this.#engine.now();
    const deadline = now + this.#enteringTimeout;
    this.#deadlines.include(deadline, now);
    if (request === undefined && this.#enteringStack === undefined)
      return this.#queue.push(new Waiter<R>(resolve, reject, now, deadline));
    this.#entering = undefined;
    const waiter = new TellingWaiter<R>(resolve, reject, now, deadline, request, this.#enteringStack);
    this.#queue.push(waiter, request?.priority);
    if (request?.signal !== undefined) this.#signals.add(request.signal, waiter);
    if (waiter.hold !== undefined) startWaiting(waiter.hold);
  };

  constructor(engine: Engine<R>) {
    this.#engine = engine;
    this.#admission = new Admission(engine);
    this.#acquireTimeout = engine.options.acquireTimeout;
    this.#maxWaiting = engine.options.maxWaiting;
    this.#signals = new Signals((waiter, reason) => this.#abort(waiter, reason));
    this.#deadlines = new Deadlines(engine.options.clock, () => this.#expire());
    engine.clock.onBehind = (time, ms) => this.#queue.mayBeLater(time, ms, time + ms + this.#acquireTimeout);
  }

  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Queues the caller, or refuses it. */
  enter(request: Request | undefined, stack: string | undefined): Promise<Lease<R>> {
    const engine = this.#engine;
    const timeout = request?.timeout ?? this.#acquireTimeout;
    if (
      this.#queue.waiting >= this.#maxWaiting ||
      timeout === 0 ||
      engine.state !== "open" ||
      request?.hold !== undefined ||
      engine.growing.failures > 0
    ) {
      const refusal = this.#admission.refuse(request, timeout);
      if (refusal !== undefined) return Promise.reject(refusal);
    }
    engine.clock.isRelied = true;
    this.#entering = request;
    this.#enteringTimeout = timeout;
    this.#enteringStack = stack;
    const promise = new Promise(this.#enqueue);
    engine.joined();
    return promise;
  }

  /** The next to be served; it waits no longer. */
  next(): Waiter<R> | undefined {
    const waiter = this.#queue.shift();
    if (waiter !== undefined) this.#forget(waiter);
    if (this.#queue.waiting === 0) this.#rest();
    return waiter;
  }

  /** Ends every wait with this error, or only those that began until `time`. */
  failAll(error: PoolError, time = Infinity): void {
    for (const waiter of this.#queue.leaveUntil(time)) {
      this.#forget(waiter);
      this.#engine.totals.refused++;
      if (refusals.hasSubscribers)
        refusals.publish({ pool: this.#engine.name, label: waiter.telling?.label, code: error.code });
      waiter.reject(error);
    }
    if (this.#queue.waiting === 0) this.#rest();
  }

  stop(): void {
    this.#deadlines.stop();
  }

  /** Nobody waits any more: no timer needs to keep the process. */
  #rest(): void {
    this.#deadlines.rest();
    this.#engine.growing.rest();
  }

  #forget({ telling }: Waiter<R>): void {
    if (telling?.watch !== undefined) this.#signals.remove(telling.watch, telling);
    if (telling?.hold !== undefined) stopWaiting(telling.hold);
  }

  #abort(waiter: TellingWaiter<R>, reason: unknown): void {
    if (!this.#queue.remove(waiter)) return;
    if (waiter.hold !== undefined) stopWaiting(waiter.hold);
    this.#engine.totals.aborted++;
    waiter.reject(reason);
    if (this.#queue.waiting === 0) this.#rest();
  }

  #expire(): void {
    const now = this.#engine.refresh();
    const moment = momentOf(this.#engine);
    const { expired, earliest } = this.#queue.expire(now);
    this.#deadlines.continueFrom(earliest, now);
    if (this.#queue.waiting === 0) this.#rest();
    if (expired.length === 0) return;
    this.#engine.totals.timedOut += expired.length;
    withoutStack(() => this.#timeOut(expired, now, moment));
  }

  #timeOut(expired: readonly Waiter<R>[], now: number, moment: Moment): void {
    const errors = new TimeoutErrors(moment);
    for (const waiter of expired) {
      const { since, deadline, telling } = waiter;
      const label = telling?.label;
      const waitedMs = now - since;
      this.#forget(waiter);
      if (timeouts.hasSubscribers)
        timeouts.publish({ pool: this.#engine.name, label, waitedMs, holders: moment.holders });
      waiter.reject(errors.make(label, deadline - since, waitedMs));
    }
  }
}
