import { moment } from "../events.js";
import { withoutStack, type PoolError } from "../errors.js";
import { selfDeadlock, startWaiting, stopWaiting } from "./deadlock.js";
import { Deadlines } from "./deadlines.js";
import type { Hold } from "./borrow.js";
import type { Lease } from "./lease.js";
import type { ResolvedPoolOptions } from "./options.js";
import { poolClosed, queueFull, TimeoutErrors, type Moment } from "./refusals.js";
import { Signals } from "./signals.js";
import type { Totals } from "./totals.js";
import { Waiter, WaitQueue, type Request } from "./wait-queue.js";

const timeouts = moment("pool:timeout");
const refusals = moment("pool:refuse");

/** What the waiting room asks of its engine. */
export interface WaitingHost {
  readonly name: string;
  readonly options: ResolvedPoolOptions;
  readonly totals: Totals;
  readonly state: "open" | "draining" | "closed";
  now(): number;
  /** After a timer: reads the real clock. */
  refresh(): number;
  moment(): Moment;
  /** Why there is no point in waiting, while the backend is down. */
  whyUnavailable(): PoolError | undefined;
  /** Would waiting for this task never end? */
  wouldDeadlock(hold: Hold): boolean;
  /** Connects have failed: there may be no point in waiting. */
  readonly troubled: boolean;
  /** Somebody waits now. */
  joined(): void;
}

/** Admission: who may wait, for how long, and how a wait ends without a lease. */
export class WaitingRoom<R> {
  readonly #host: WaitingHost;
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
    const now = this.#host.now();
    const waiter = new Waiter<R>(resolve, reject, request, now, now + this.#enteringTimeout, this.#enteringStack);
    this.#queue.push(waiter);
    this.#deadlines.include(waiter.deadline, now);
    if (request === undefined) return;
    this.#entering = undefined;
    if (request.signal !== undefined) this.#signals.add(request.signal, waiter);
    if (request.hold !== undefined) startWaiting(request.hold);
  };

  constructor(host: WaitingHost) {
    this.#host = host;
    this.#acquireTimeout = host.options.acquireTimeout;
    this.#maxWaiting = host.options.maxWaiting;
    this.#signals = new Signals((waiters, reason) => {
      this.#abort(waiters, reason);
    });
    this.#deadlines = new Deadlines(host.options.clock, () => {
      this.#expire();
    });
  }

  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Queues the caller, or refuses it. */
  enter(request: Request | undefined, stack: string | undefined): Promise<Lease<R>> {
    const host = this.#host;
    const timeout = request?.timeout ?? this.#acquireTimeout;
    if (
      this.#queue.waiting >= this.#maxWaiting ||
      timeout === 0 ||
      host.state !== "open" ||
      request?.hold !== undefined ||
      host.troubled
    ) {
      const refusal = this.#refusal(request, timeout);
      if (refusal !== undefined) return Promise.reject(refusal);
    }
    this.#entering = request;
    this.#enteringTimeout = timeout;
    this.#enteringStack = stack;
    const promise = new Promise(this.#enqueue);
    host.joined();
    return promise;
  }

  /** The next to be served; it waits no longer. */
  next(): Waiter<R> | undefined {
    const waiter = this.#queue.shift();
    if (waiter === undefined) return undefined;
    if (waiter.request !== undefined) this.#forget(waiter, waiter.request);
    if (this.#queue.waiting === 0) this.#deadlines.rest();
    return waiter;
  }

  /** Ends every wait with this error. */
  failAll(error: unknown): void {
    for (let waiter = this.next(); waiter !== undefined; waiter = this.next()) {
      this.#host.totals.refused++;
      waiter.reject(error);
    }
  }

  stop(): void {
    this.#deadlines.stop();
  }

  #refusal(request: Request | undefined, timeout: number): PoolError | undefined {
    const error = this.#whyRefuse(request, timeout);
    if (error === undefined) return undefined;
    if (error.code === "ACQUIRE_TIMEOUT") this.#host.totals.timedOut++;
    else this.#host.totals.refused++;
    if (refusals.hasSubscribers) refusals.publish({ pool: this.#host.name, label: request?.label, code: error.code });
    return error;
  }

  #whyRefuse(request: Request | undefined, timeout: number): PoolError | undefined {
    const host = this.#host;
    if (host.state !== "open") return poolClosed(host.name, host.state);
    if (timeout === 0) return new TimeoutErrors(host.moment()).make(request?.label, 0, 0);
    if (this.#queue.waiting >= this.#maxWaiting) return queueFull(host.moment(), this.#maxWaiting);
    const hold = request?.hold;
    if (hold !== undefined && host.wouldDeadlock(hold)) return selfDeadlock(host.name, hold, host.moment().holders);
    return host.whyUnavailable();
  }

  #forget(waiter: Waiter<R>, request: Request): void {
    if (request.signal !== undefined) this.#signals.remove(request.signal, waiter);
    if (request.hold !== undefined) stopWaiting(request.hold);
  }

  #abort(waiters: Iterable<Waiter<R>>, reason: unknown): void {
    for (const waiter of waiters) {
      if (!this.#queue.remove(waiter)) continue;
      if (waiter.request?.hold !== undefined) stopWaiting(waiter.request.hold);
      this.#host.totals.aborted++;
      waiter.reject(reason);
    }
    if (this.#queue.waiting === 0) this.#deadlines.rest();
  }

  #expire(): void {
    const now = this.#host.refresh();
    const moment = this.#host.moment();
    const { expired, earliest } = this.#queue.expire(now);
    this.#deadlines.continueFrom(earliest, now);
    if (this.#queue.waiting === 0) this.#deadlines.rest();
    if (expired.length === 0) return;
    this.#host.totals.timedOut += expired.length;
    const errors = new TimeoutErrors(moment);
    withoutStack(() => {
      for (const waiter of expired) this.#timeOut(waiter, now - waiter.since, errors, moment);
    });
  }

  #timeOut(waiter: Waiter<R>, waitedMs: number, errors: TimeoutErrors, moment: Moment): void {
    const { request, since, deadline } = waiter;
    if (request !== undefined) this.#forget(waiter, request);
    if (timeouts.hasSubscribers) {
      timeouts.publish({ pool: this.#host.name, label: request?.label, waitedMs, holders: moment.holders });
    }
    waiter.reject(errors.make(request?.label, deadline - since, waitedMs));
  }
}
