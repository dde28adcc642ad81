import { moment } from "../events.js";
import type { PoolError } from "../errors.js";
import { Admission } from "./admission.js";
import { startWaiting, stopWaiting } from "./deadlock.js";
import type { Deadlines } from "./deadlines.js";
import type { Engine } from "./engine.js";
import type { Entry } from "./entry.js";
import type { Lease } from "./lease.js";
import { lend } from "./lending.js";
import type { Piece } from "./piece.js";
import type { Reject, Request, Resolve } from "./request.js";
import { Signals, type WaitsAborted, type Watch } from "./signals.js";
import { TermsInTurn, type Terms } from "./terms.js";
import { Timeouts, type WaitsEnding } from "./timeouts.js";
import { WaitQueue } from "./wait-queue.js";

const refusals = moment("pool:refuse");

/** Those who wait: for how long, and how a wait ends without a lease. */
export class WaitingRoom<R> implements WaitsEnding<R>, WaitsAborted<R> {
  readonly #engine: Engine<R>;
  readonly #admission: Admission<R>;
  readonly #queue: WaitQueue<R>;
  readonly #signals: Signals<R>;
  readonly #deadlines: Deadlines;
  readonly #acquireTimeout: number;
  readonly #maxWaiting: number;
  readonly #terms: TermsInTurn;

  // One function serves every promise, and takes what it needs from here: a closure for each would cost 100 bytes per waiter.
  #entering: Terms | undefined;
  #watching: Watch<R> | undefined;
  readonly #enqueue = (resolve: Resolve<R>, reject: Reject): void => {
    const terms = this.#entering;
    const watch = this.#watching;
    const timeout = this.#queue.timeoutOf(terms);
    // The coarse clock may be behind by what has blocked the loop in this turn, as it tells later: in a burst it is not worth reading the exact one for each.
    const exact = this.#queue.waiting === 0 || timeout !== this.#acquireTimeout;
    const now = exact ? this.#engine.refresh() : this.#engine.now();
    this.#deadlines.include(now + timeout, now);
    const piece = this.#queue.push(resolve, reject, now, terms, watch);
    watch?.add(piece);
    if (terms?.hold !== undefined) startWaiting(terms.hold);
  };

  constructor(engine: Engine<R>) {
    this.#engine = engine;
    this.#admission = new Admission(engine);
    this.#acquireTimeout = engine.options.acquireTimeout;
    this.#queue = new WaitQueue(this.#acquireTimeout);
    this.#maxWaiting = engine.options.maxWaiting;
    this.#signals = new Signals<R>(this);
    this.#terms = new TermsInTurn(this.#acquireTimeout);
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
    const terms = this.#terms.of(request, timeout, stack);
    const watch = request?.signal === undefined ? undefined : this.#signals.watch(request.signal);
    // Written only where it changes: an old object that is given a new one tells the collector each time.
    if (this.#entering !== terms) this.#entering = terms;
    if (this.#watching !== watch) this.#watching = watch;
    const promise = new Promise(this.#enqueue);
    if (terms?.hold !== undefined || stack !== undefined) this.#entering = undefined;
    engine.joined();
    return promise;
  }

  /** Lends this to the next. False where nobody waits. */
  serve(entry: Entry<R>, now: number): boolean {
    const piece = this.#queue.front;
    if (piece === undefined) return false;
    const { first } = piece;
    const resolve = piece.resolve(first);
    const since = piece.since(first);
    const terms = piece.terms(first);
    const watch = piece.watch(first);
    this.#queue.remove(piece, first);
    this.left(terms, watch);
    this.thinned();
    resolve(lend(this.#engine, entry, terms, terms?.stack, now, since));
    return true;
  }

  /** Ends every wait with this error, or only those that began until `time`. */
  failAll(error: PoolError, time = Infinity): void {
    for (const { terms, watch, reject } of this.#queue.takeOut((since) => since > time)) {
      this.left(terms, watch);
      this.#engine.totals.refused++;
      if (refusals.hasSubscribers) refusals.publish({ pool: this.#engine.name, label: terms?.label, code: error.code });
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
  left(terms: Terms | undefined, watch: Watch<R> | undefined): void {
    if (watch !== undefined && this.#signals.left(watch)) this.#watching = undefined;
    if (terms?.hold !== undefined) stopWaiting(terms.hold);
  }

  abort(piece: Piece<R>, at: number, reason: unknown): void {
    const reject = piece.reject(at);
    const terms = piece.terms(at);
    this.#queue.remove(piece, at);
    if (terms?.hold !== undefined) stopWaiting(terms.hold);
    this.#engine.totals.aborted++;
    reject(reason);
  }

  aborted(): void {
    this.#watching = undefined;
    this.thinned();
  }
}
