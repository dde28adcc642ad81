import type { Timer } from "../time.js";
import type { SqlContext } from "./context.js";
import { queryTimedOut } from "./failures.js";
import type { QueryOptions, SqlResult } from "./sql.js";
import { TELL_AFTER, type Ending, type StatementCall } from "./statement-call.js";

export type { StatementCall } from "./statement-call.js";

/**
 * One statement under way, bounded in time: when a signal aborts or the time is over, the driver is asked to cancel; a driver that has not
 * settled `cancelTimeout` later is not waited for any longer.
 */
export class StatementRun<R> {
  readonly #context: SqlContext<R>;
  readonly #call: StatementCall;
  readonly #tellsEarly: boolean;
  // Made only for who wants a signal: a controller for each statement costs as much as half of the others' work on it.
  #controller: AbortController | undefined;
  #resource: R | undefined;
  #timer: Timer | undefined;
  #giveUp: (reason: unknown) => void = () => undefined;

  /** Why it was cancelled. */
  cancelled: { readonly reason: unknown } | undefined;
  /** The driver did not settle after the cancel; nobody knows what its connection is doing. */
  abandoned = false;
  /** The sender was told of the cancel before the driver had settled: resolves when it has, or was given up. */
  over: Promise<Ending> | undefined;
  #end: ((ending: Ending) => void) | undefined;

  /** @param tellsEarly of a cancel that takes its time the sender is told before it is {@link over} */
  constructor(context: SqlContext<R>, call: StatementCall, tellsEarly: boolean) {
    this.#context = context;
    this.#call = call;
    this.#tellsEarly = tellsEarly;
  }

  /** The reason of a signal that has aborted already. */
  get abortedBefore(): { readonly reason: unknown } | undefined {
    const { signal, transactionSignal } = this.#call;
    if (signal?.aborted === true) return { reason: signal.reason };
    return transactionSignal?.aborted === true ? { reason: transactionSignal.reason } : undefined;
  }

  /** Sends the statement. Rejects with what the driver rejects with, or with the cancel's reason when the driver does not settle. */
  send(resource: R): Promise<unknown> {
    const { work, signal, transactionSignal } = this.#call;
    const { timeout = work === undefined ? this.#context.queryTimeout : Infinity } = this.#call;
    if (timeout === Infinity && signal === undefined && transactionSignal === undefined && work === undefined) {
      return this.#query(resource, undefined);
    }
    return new Promise<unknown>((resolve, reject) => {
      this.#resource = resource;
      this.#giveUp = reject;
      const running = this.#start(resource);
      this.#listen();
      if (timeout !== Infinity) this.#startTimer(timeout, () => this.#stop(this.#timeoutError(timeout)));
      const over = (ending: Ending): void => {
        this.#stopTimer();
        this.#unlisten();
        this.#end?.(ending);
      };
      running.then(
        (result) => {
          over({ result });
          resolve(result);
        },
        (error: unknown) => {
          over({ error });
          reject(error);
        },
      );
    });
  }

  #start(resource: R): PromiseLike<unknown> {
    const { work } = this.#call;
    if (work === undefined && this.#context.driver.cancel !== undefined) return this.#query(resource, undefined);
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    if (work === undefined) return this.#query(resource, signal);
    return Promise.resolve(work(resource as never, { signal })); // `use` takes works for resources of its client alone
  }

  #query(resource: R, signal: AbortSignal | undefined): Promise<SqlResult> {
    const { text, values, label, own } = this.#call;
    const options: QueryOptions = own === undefined ? {} : { ...own };
    if (signal !== undefined) options.signal = signal;
    if (label !== undefined) options.label = label;
    return this.#context.driver.query(resource, text, values, options);
  }

  #listen(): void {
    const { signal, transactionSignal } = this.#call;
    // One that is both is listened to once: adding the same listener again does nothing.
    signal?.addEventListener("abort", this, ONCE);
    transactionSignal?.addEventListener("abort", this, ONCE);
  }

  #unlisten(): void {
    const { signal, transactionSignal } = this.#call;
    signal?.removeEventListener("abort", this);
    transactionSignal?.removeEventListener("abort", this);
  }

  /** Called by the signals. */
  handleEvent(event: Event): void {
    this.#stop((event.target as AbortSignal).reason); // listens to signals alone
  }

  #stop(reason: unknown): void {
    if (this.cancelled !== undefined) return;
    this.cancelled = { reason };
    const { cancelTimeout } = this.#context;
    if (this.#tellsEarly && cancelTimeout > TELL_AFTER) this.#startTimer(TELL_AFTER, () => this.#tell(reason));
    else this.#startTimer(cancelTimeout, () => this.#abandon(reason));
    if (this.#controller !== undefined) this.#controller.abort(reason);
    else this.#context.driver.cancel?.(this.#resource as R, reason); // set before anything could stop it
  }

  #tell(reason: unknown): void {
    this.over = new Promise((resolve) => (this.#end = resolve));
    this.#startTimer(this.#context.cancelTimeout - TELL_AFTER, () => this.#abandon(reason));
    this.#giveUp(reason);
  }

  #abandon(reason: unknown): void {
    this.abandoned = true;
    this.#unlisten();
    this.#giveUp(reason);
    this.#end?.({ error: reason });
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

const ONCE = { once: true } as const;
