import { moment } from "../events.js";
import { momentOf } from "./census.js";
import { Deadlines } from "./deadlines.js";
import type { Engine } from "./engine.js";
import { Expiry } from "./expiry.js";
import { TimeoutErrors } from "./refusals.js";
import type { Reject } from "./request.js";
import type { Watch } from "./signals.js";
import type { Terms } from "./terms.js";
import type { WaitQueue } from "./wait-queue.js";

const timeouts = moment("pool:timeout");

/** What has to be seen to where waits end. */
export interface WaitsEnding<R> {
  /** One of these has left the queue, and will hear so next. */
  left(terms: Terms | undefined, watch: Watch<R> | undefined): void;
  /** Some have left the queue: maybe all. */
  thinned(): void;
}

/** Ends the waits that last too long. */
export class Timeouts<R> {
  readonly #engine: Engine<R>;
  readonly #queue: WaitQueue<R>;
  readonly #expiry: Expiry<R>;
  readonly #ending: WaitsEnding<R>;
  readonly deadlines: Deadlines;

  constructor(engine: Engine<R>, queue: WaitQueue<R>, ending: WaitsEnding<R>) {
    const { clock, options } = engine;
    this.#engine = engine;
    this.#queue = queue;
    this.#expiry = new Expiry(queue);
    this.#ending = ending;
    this.deadlines = new Deadlines(options.clock, () => {
      this.#expire();
    });
    clock.onBehind = (time, ms) => {
      this.#expiry.mayBeLater(time, ms, time + ms + options.acquireTimeout);
    };
  }

  #expire(): void {
    const now = this.#engine.refresh();
    const errors = new TimeoutErrors(momentOf(this.#engine));
    this.#expireFirst(now, errors);
    const { expired, earliest } = this.#expiry.takeOthers(now);
    this.deadlines.continueFrom(earliest, now);
    this.#ending.thinned();
    for (const { reject, since, terms, watch } of expired) {
      this.#ending.left(terms, watch);
      this.#end(reject, since, terms, now, errors);
    }
  }

  /** In a storm all who are due stand in front, and each is looked at only once: what is looked at again later is cold memory. */
  #expireFirst(now: number, errors: TimeoutErrors): void {
    for (let piece = this.#expiry.firstDue(now); piece !== undefined; piece = this.#expiry.firstDue(now)) {
      const { first } = piece;
      const reject = piece.reject(first);
      const since = piece.since(first);
      const terms = piece.terms(first);
      const watch = piece.watch(first);
      this.#queue.remove(piece, first);
      this.#ending.left(terms, watch);
      this.#end(reject, since, terms, now, errors);
    }
  }

  #end(reject: Reject, since: number, terms: Terms | undefined, now: number, errors: TimeoutErrors): void {
    const { name: pool, totals } = this.#engine;
    const waitedMs = now - since;
    totals.timedOut++;
    if (timeouts.hasSubscribers)
      timeouts.publish({ pool, label: terms?.label, waitedMs, holders: errors.moment.holders });
    reject(errors.make(terms?.label, this.#queue.timeoutOf(terms), waitedMs));
  }
}
