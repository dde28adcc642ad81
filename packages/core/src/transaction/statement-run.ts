import type { Timer } from "../time.js";
import { distinct } from "../aborts.js";
import type { SqlContext } from "./context.js";
import { queryTimedOut } from "./failures.js";
import type { QueryOptions, SqlResult } from "./sql.js";

/** One statement as it is sent. */
export interface StatementCall {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly label?: string | undefined;
  /** The driver's own options. */
  readonly own?: Readonly<Record<string, unknown>> | undefined;
  /** Instead of the driver's `query`: what a `use` does with the resource. Checked to fit where it was given. */
  readonly work?: ((resource: never, context: { readonly signal: AbortSignal }) => PromiseLike<unknown>) | undefined;
  /** Instead of the context's `queryTimeout`. */
  readonly timeout?: number | undefined;
  /** The caller's own; cancels it. */
  readonly signal?: AbortSignal | undefined;
  /** The transaction's around it; cancels it as well. */
  readonly transactionSignal?: AbortSignal | undefined;
}

/**
 * One statement under way, bounded in time: when a signal aborts or the time is over, the driver is asked to cancel through its own signal;
 * a driver that has not settled `cancelTimeout` later is not waited for any longer.
 */
export class StatementRun<R> {
  readonly #context: SqlContext<R>;
  readonly #call: StatementCall;
  readonly #signals: readonly AbortSignal[];
  #cancel: AbortController | undefined;
  #timer: Timer | undefined;
  #giveUp: (reason: unknown) => void = () => undefined;

  /** Why it was cancelled. */
  cancelled: { readonly reason: unknown } | undefined;
  /** The driver did not settle after the cancel; nobody knows what its connection is doing. */
  abandoned = false;

  constructor(context: SqlContext<R>, call: StatementCall) {
    this.#context = context;
    this.#call = call;
    this.#signals = distinct([call.signal, call.transactionSignal]);
  }

  /** The reason of a signal that has aborted already. */
  get abortedBefore(): { readonly reason: unknown } | undefined {
    const aborted = this.#signals.find((signal) => signal.aborted);
    return aborted === undefined ? undefined : { reason: aborted.reason };
  }

  /** Sends the statement. Rejects with what the driver rejects with, or with the cancel's reason when the driver does not settle. */
  async send(resource: R): Promise<unknown> {
    const { work, timeout = work === undefined ? this.#context.queryTimeout : Infinity } = this.#call;
    if (timeout === Infinity && this.#signals.length === 0 && work === undefined)
      return await this.#query(resource, undefined);
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.#giveUp = reject;
        this.#cancel = new AbortController();
        for (const signal of this.#signals) signal.addEventListener("abort", this.#onAbort, { once: true });
        if (timeout !== Infinity) this.#startTimer(timeout, () => this.#stop(this.#timeoutError(timeout)));
        this.#start(resource, this.#cancel.signal).then(resolve, reject);
      });
    } finally {
      this.#stopTimer();
      for (const signal of this.#signals) signal.removeEventListener("abort", this.#onAbort);
    }
  }

  async #start(resource: R, signal: AbortSignal): Promise<unknown> {
    const { work } = this.#call;
    if (work === undefined) return await this.#query(resource, signal);
    return await work(resource as never, { signal }); // `use` takes works for resources of its client alone
  }

  #query(resource: R, signal: AbortSignal | undefined): Promise<SqlResult> {
    const { text, values, label, own } = this.#call;
    const options: QueryOptions = own === undefined ? {} : { ...own };
    if (signal !== undefined) options.signal = signal;
    if (label !== undefined) options.label = label;
    return this.#context.driver.query(resource, text, values, options);
  }

  readonly #onAbort = (event: Event): void => {
    this.#stop((event.target as AbortSignal).reason); // listens to signals alone
  };

  #stop(reason: unknown): void {
    if (this.cancelled !== undefined) return;
    this.cancelled = { reason };
    this.#startTimer(this.#context.cancelTimeout, () => {
      this.abandoned = true;
      this.#giveUp(reason);
    });
    this.#cancel?.abort(reason);
  }

  #timeoutError(timeout: number): Error {
    return queryTimedOut({ pool: this.#context.pool.name, label: this.#call.label }, this.#call.text, timeout);
  }

  #startTimer(ms: number, onDue: () => void): void {
    this.#stopTimer();
    this.#timer = this.#context.clock.setTimeout(onDue, ms);
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
