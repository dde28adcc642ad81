import { PoolError, reasonOf } from "../errors.js";
import { trace, traced } from "../events.js";
import type { Timer } from "../time.js";
import type { Entry } from "./entry.js";
import type { ResourceFactory } from "./factory.js";
import type { ResolvedPoolOptions } from "./options.js";

const creates = traced("pool:create");

/** What came of a connect. */
export interface OpeningOutcome<R> {
  opened(entry: Entry<R>, resource: R): void;
  failed(entry: Entry<R>, error: unknown): void;
  /** It was given up, and opened all the same while it was being waited for to clean up. */
  openedLate(entry: Entry<R>, resource: R, error: unknown): void;
  /** It opened after even that: its entry is long gone. */
  straggler(resource: R): void;
  lost(entry: Entry<R>, cause: unknown): void;
}

/** Opens resources: bounds the factory in time, and never loses what it opens late. */
export class Opening<R> {
  readonly #factory: ResourceFactory<R>;
  readonly #options: ResolvedPoolOptions;
  readonly #outcome: OpeningOutcome<R>;
  readonly #aborts = new Map<Entry<R>, AbortController>();

  constructor(factory: ResourceFactory<R>, options: ResolvedPoolOptions, outcome: OpeningOutcome<R>) {
    this.#factory = factory;
    this.#options = options;
    this.#outcome = outcome;
  }

  /** When the connects under way started. */
  *startedAt(): Iterable<number> {
    for (const entry of this.#aborts.keys()) yield entry.createdAt;
  }

  get underWay(): number {
    return this.#aborts.size;
  }

  /** Starts one; never throws. */
  start(entry: Entry<R>, attempt: number): void {
    const { clock, connectTimeout, closeTimeout, name } = this.#options;
    const controller = new AbortController();
    this.#aborts.set(entry, controller);
    const timer =
      connectTimeout === Infinity
        ? undefined
        : clock.setTimeout(() => {
            const message = `pool ${JSON.stringify(name)}: opening a ${this.#factory.kind} resource took longer than ${String(connectTimeout)} ms`;
            controller.abort(new PoolError("CONNECT_TIMEOUT", message, { details: { connectTimeout } }));
          }, connectTimeout);
    let grace: Timer | undefined;
    let settled = false;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      this.#aborts.delete(entry);
      if (timer !== undefined) clock.clearTimeout(timer);
      if (grace !== undefined) clock.clearTimeout(grace);
      return true;
    };
    // An aborted factory has closeTimeout to clean up; its slot counts until then, so that the limit holds on the server as well.
    controller.signal.addEventListener("abort", () => {
      grace = clock.setTimeout(() => {
        if (settle()) this.#outcome.failed(entry, controller.signal.reason);
      }, closeTimeout);
    });
    this.#create(entry, controller.signal, attempt).then(
      (resource) => {
        if (!settle()) this.#outcome.straggler(resource);
        else if (controller.signal.aborted) this.#outcome.openedLate(entry, resource, controller.signal.reason);
        else this.#outcome.opened(entry, resource);
      },
      (error: unknown) => {
        if (settle())
          this.#outcome.failed(entry, controller.signal.aborted ? controller.signal.reason : this.#explain(error));
      },
    );
  }

  /** Aborts the connects under way. */
  abort(reason: unknown): void {
    for (const controller of this.#aborts.values()) controller.abort(reason);
  }

  async #create(entry: Entry<R>, signal: AbortSignal, attempt: number): Promise<R> {
    const lost = (cause?: unknown): void => {
      this.#outcome.lost(entry, cause);
    };
    if (!creates.hasSubscribers) return await this.#factory.create({ signal, lost });
    const event = { pool: this.#options.name, kind: this.#factory.kind, resourceId: entry.id, attempt };
    return await trace(creates, event, () => this.#factory.create({ signal, lost }));
  }

  #explain(error: unknown): PoolError {
    if (error instanceof PoolError) return error;
    const message = `pool ${JSON.stringify(this.#options.name)}: opening a ${this.#factory.kind} resource failed: ${reasonOf(error)}`;
    return new PoolError("CONNECT_FAILED", message, { cause: error });
  }
}
