import { moment } from "../events.js";
import type { PoolError } from "../errors.js";
import { momentOf } from "./census.js";
import { selfDeadlock, wouldDeadlock } from "./deadlock.js";
import type { Engine } from "./engine.js";
import { poolClosed, queueFull, TimeoutErrors, unavailable } from "./refusals.js";
import type { Request } from "./request.js";

const timeouts = moment("pool:timeout");
const refusals = moment("pool:refuse");

/** Who may wait: the bound of the queue, a backend that is known to be down, and a task that would wait for itself. */
export class Admission<R> {
  readonly #engine: Engine<R>;

  constructor(engine: Engine<R>) {
    this.#engine = engine;
  }

  /** Why this caller may not wait, if so; counted and published. */
  refuse(request: Request | undefined, timeout: number): PoolError | undefined {
    const error = this.#whyRefuse(request, timeout);
    if (error === undefined) return undefined;
    const { name: pool, totals } = this.#engine;
    const label = request?.label;
    if (error.code === "ACQUIRE_TIMEOUT") {
      totals.timedOut++;
      if (timeouts.hasSubscribers)
        timeouts.publish({ pool, label, waitedMs: 0, holders: momentOf(this.#engine).holders });
    } else {
      totals.refused++;
      if (refusals.hasSubscribers) refusals.publish({ pool, label, code: error.code });
    }
    return error;
  }

  #whyRefuse(request: Request | undefined, timeout: number): PoolError | undefined {
    const engine = this.#engine;
    const { name, options, entries, limits } = engine;
    if (engine.state !== "open") return poolClosed(name, engine.state);
    if (timeout === 0) return new TimeoutErrors(momentOf(engine)).make(request?.label, 0, 0);
    // What is not lent is there, is being made ready, or may be opened: so many wait for nobody to give anything back.
    if (engine.waiting >= Math.max(options.maxWaiting, limits.maxSize - engine.leased))
      return queueFull(momentOf(engine), options.maxWaiting);
    const hold = request?.hold;
    if (hold !== undefined && wouldDeadlock(entries, limits.maxSize, hold)) {
      return selfDeadlock(name, hold, momentOf(engine).holders);
    }
    return this.#whyUnavailable();
  }

  /** While the backend is down and the next try is not due, a wait would only be a wait for its refusal. */
  #whyUnavailable(): PoolError | undefined {
    const { growing, name, factory, open } = this.#engine;
    if (!growing.down || open > 0 || !growing.pausing) return undefined;
    return unavailable(name, factory.kind, growing.failures, growing.lastError);
  }
}
