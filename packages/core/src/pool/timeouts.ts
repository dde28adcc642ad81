import { withoutStack } from "../errors.js";
import { moment } from "../events.js";
import { momentOf } from "./census.js";
import { Deadlines } from "./deadlines.js";
import type { Engine } from "./engine.js";
import { Expiry } from "./expiry.js";
import { TimeoutErrors, type Moment } from "./refusals.js";
import type { WaitQueue } from "./wait-queue.js";
import type { Leaver, Waiter } from "./waiter.js";

const timeouts = moment("pool:timeout");

/** What has to be seen to where waits end. */
export interface WaitsEnding<R> {
  /** One has left the queue, and will hear so next. */
  left(waiter: Waiter<R>): void;
  /** Some have left the queue: maybe all. */
  thinned(): void;
}

/** Ends the waits that last too long. */
export class Timeouts<R> {
  readonly #engine: Engine<R>;
  readonly #queue: WaitQueue<R>;
  readonly #expiry = new Expiry();
  readonly #ending: WaitsEnding<R>;
  readonly deadlines: Deadlines;

  constructor(engine: Engine<R>, queue: WaitQueue<R>, ending: WaitsEnding<R>) {
    const { clock, options } = engine;
    this.#engine = engine;
    this.#queue = queue;
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
    const moment = momentOf(this.#engine);
    const { expired, earliest } = this.#expiry.takeDue(this.#queue, now);
    this.deadlines.continueFrom(earliest, now);
    this.#ending.thinned();
    if (expired.length === 0) return;
    this.#engine.totals.timedOut += expired.length;
    withoutStack(() => {
      this.#tell(expired, now, moment);
    });
  }

  #tell(expired: readonly Leaver<R>[], now: number, moment: Moment): void {
    const errors = new TimeoutErrors(moment);
    for (const { reject, since, deadline, waiter } of expired) {
      const label = waiter?.label;
      const waitedMs = now - since;
      if (waiter !== undefined) this.#ending.left(waiter);
      if (timeouts.hasSubscribers)
        timeouts.publish({ pool: this.#engine.name, label, waitedMs, holders: moment.holders });
      reject(errors.make(label, deadline - since, waitedMs));
    }
  }
}
