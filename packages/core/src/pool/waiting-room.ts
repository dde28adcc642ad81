import { moment } from "../events.js";
import type { PoolError } from "../errors.js";
import { Admission } from "./admission.js";
import { startWaiting, stopWaiting } from "./deadlock.js";
import type { Deadlines } from "./deadlines.js";
import type { Engine } from "./engine.js";
import type { Lease } from "./lease.js";
import { Signals } from "./signals.js";
import { Timeouts, type WaitsEnding } from "./timeouts.js";
import { WaitQueue } from "./wait-queue.js";
import { Waiter, type Reject, type Request, type Resolve, type Queued } from "./waiter.js";

const refusals = moment("pool:refuse");

/** Those who wait: for how long, and how a wait ends without a lease. */
export class WaitingRoom<R> implements WaitsEnding<R> {
  readonly #engine: Engine<R>;
  readonly #admission: Admission<R>;
  readonly #queue: WaitQueue<R>;
  readonly #signals: Signals<R>;
  readonly #deadlines: Deadlines;
  readonly #acquireTimeout: number;
  readonly #maxWaiting: number;

  // One function serves every promise, and takes what it needs from here: a closure for each would cost 100 bytes per waiter.
  #entering: Request | undefined;
  #enteringTimeout = 0;
  #enteringStack: string | undefined;
  readonly #enqueue = (resolve: Resolve<R>, reject: Reject): void => {
    const request = this.#entering;
    // The coarse clock may be behind by what has blocked the loop in this turn, as it tells later: in a burst it is not worth reading the exact one for each.
    const exact = this.#queue.waiting === 0 || request?.timeout !== undefined;
    const now = exact ? this.#engine.refresh() : this.#engine.now();
    const deadline = now + this.#enteringTimeout;
    this.#deadlines.include(deadline, now);
    if (request === undefined && this.#enteringStack === undefined) {
      this.#queue.pushPlain(resolve, reject, now);
      return;
    }
    this.#entering = undefined;
    const waiter = new Waiter<R>(resolve, reject, deadline, request, this.#enteringStack);
    this.#queue.push(waiter, now, request?.priority);
    if (request?.signal !== undefined) this.#signals.add(request.signal, waiter);
    if (waiter.hold !== undefined) startWaiting(waiter.hold);
  };

  constructor(engine: Engine<R>) {
    this.#engine = engine;
    this.#admission = new Admission(engine);
    this.#acquireTimeout = engine.options.acquireTimeout;
    this.#queue = new WaitQueue(this.#acquireTimeout);
    this.#maxWaiting = engine.options.maxWaiting;
    this.#signals = new Signals((waiter, reason) => this.#abort(waiter, reason));
    this.#deadlines = new Timeouts<R>(engine, this.#queue, this).deadlines;
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
      !engine.isOpen ||
      engine.isFailing ||
      request?.hold !== undefined
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
  next(): Queued<R> | undefined {
    const queued = this.#queue.shift();
    if (typeof queued === "object") this.left(queued);
    this.thinned();
    return queued;
  }

  /** Since when the one waited that came next. */
  get since(): number {
    return this.#queue.since;
  }

  /** Ends every wait with this error, or only those that began until `time`. */
  failAll(error: PoolError, time = Infinity): void {
    for (const { waiter, reject } of this.#queue.takeOut((since) => since > time)) {
      if (waiter !== undefined) this.left(waiter);
      this.#engine.totals.refused++;
      if (refusals.hasSubscribers)
        refusals.publish({ pool: this.#engine.name, label: waiter?.label, code: error.code });
      reject(error);
    }
    this.thinned();
  }

  stop(): void {
    this.#deadlines.stop();
  }

  /** Where nobody waits any more, no timer needs to keep the process. */
  thinned(): void {
    if (this.#queue.waiting > 0) return;
    this.#deadlines.rest();
    this.#engine.growing.rest();
  }

  /** Whoever waited for the same as one that has left needs to know. */
  left(waiter: Waiter<R>): void {
    if (waiter.watch !== undefined) this.#signals.remove(waiter.watch);
    if (waiter.hold !== undefined) stopWaiting(waiter.hold);
  }

  #abort(waiter: Waiter<R>, reason: unknown): void {
    if (!this.#queue.remove(waiter)) return;
    if (waiter.hold !== undefined) stopWaiting(waiter.hold);
    this.#engine.totals.aborted++;
    waiter.reject(reason);
    this.thinned();
  }
}
