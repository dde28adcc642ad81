import type { Timer } from "../time.js";
import { cancel } from "./ask-driver.js";
import type { SqlContext } from "./context.js";
import { queryTimedOut } from "./failures.js";
import { sendStatement } from "./send-statement.js";
import type { Done } from "./sql-driver.js";
import { listen, TELL_AFTER, unlisten, type Ending, type StatementCall } from "./statement-call.js";
import type { Limited } from "./time-limit.js";

export type { StatementCall } from "./statement-call.js";

/**
 * One statement under way, bounded in time: when a signal aborts or the time is over, the driver is asked to cancel; a driver that has not
 * settled `cancelTimeout` later is not waited for any longer.
 */
export class StatementRun<R> implements Done<unknown>, Limited {
  readonly #context: SqlContext<R>;
  readonly #call: StatementCall;
  readonly #tellsEarly: boolean;
  /** Of whoever cancels by a signal. */
  #controller: AbortController | undefined;
  #resource: R | undefined;
  #timer: Timer | undefined;
  /** It is among those that the context's timer watches. */
  #isLimited = false;
  #isOver = false;
  #done: Done<unknown> | undefined;

  dueAt = 0;
  earlier: Limited | undefined = undefined;
  later: Limited | undefined = undefined;

  /** Why it was cancelled. */
  cancelled: { readonly reason: unknown } | undefined;
  /** The driver did not settle after the cancel; nobody knows what its connection is doing. */
  abandoned = false;
  /** The sender was told of the cancel before the driver had settled: resolves when it has, or was given up. */
  over: Promise<Ending> | undefined;
  #tellEnd: ((ending: Ending) => void) | undefined;

  /** @param tellsEarly of a cancel that takes its time the sender is told before it is {@link over} */
  constructor(context: SqlContext<R>, call: StatementCall, tellsEarly: boolean) {
    this.#context = context;
    this.#call = call;
    this.#tellsEarly = tellsEarly;
  }

  /** Sends the statement. `done` is told once what the driver says, or the cancel's reason when the driver does not settle. */
  start(resource: R, done: Done<unknown>): void {
    this.#resource = resource;
    this.#done = done;
    try {
      this.#controller = sendStatement(this.#context, this.#call, resource, this);
    } catch (error) {
      return this.reject(error);
    }
    if (this.#isOver) return;
    const aborted = listen(this.#call, this);
    this.#limit();
    if (aborted !== undefined) this.#stop(aborted.reason);
  }

  /** Told by the driver. */
  resolve(result: unknown): void {
    this.#end({ result });
    this.#done?.resolve(result);
    this.#done = undefined;
  }

  /** Told by the driver. */
  reject(error: unknown): void {
    this.#end({ error });
    this.#giveUp(error);
  }

  /** Told by the context's timer. */
  ranOut(): void {
    this.#isLimited = false;
    this.#timeOut(this.#context.queryTimeout.ms);
  }

  #limit(): void {
    const { queryTimeout } = this.#context;
    const { timeout, work } = this.#call;
    if (timeout !== undefined) {
      if (timeout !== Infinity) this.#startTimer(timeout, () => this.#timeOut(timeout));
    } else if (work === undefined && queryTimeout.ms !== Infinity) {
      this.#isLimited = true;
      queryTimeout.start(this);
    }
  }

  #end(ending: Ending): void {
    this.#isOver = true;
    this.#stopTimer();
    unlisten(this.#call, this);
    this.#tellEnd?.(ending);
  }

  #giveUp(reason: unknown): void {
    this.#done?.reject(reason);
    this.#done = undefined;
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
    else cancel(this.#context.driver, this.#resource as R, reason); // set before anything could stop it
  }

  #tell(reason: unknown): void {
    this.over = new Promise((resolve) => (this.#tellEnd = resolve));
    this.#startTimer(this.#context.cancelTimeout - TELL_AFTER, () => this.#abandon(reason));
    this.#giveUp(reason);
  }

  #abandon(reason: unknown): void {
    this.abandoned = true;
    unlisten(this.#call, this);
    this.#giveUp(reason);
    this.#tellEnd?.({ error: reason });
  }

  #timeOut(timeout: number): void {
    const { label, text } = this.#call;
    this.#stop(queryTimedOut({ pool: this.#context.pool.name, label }, text, timeout));
  }

  #startTimer(ms: number, onDue: () => void): void {
    this.#stopTimer();
    this.#timer = this.#context.clock.setTimeout(onDue, ms);
  }

  #stopTimer(): void {
    if (this.#isLimited) this.#context.queryTimeout.stop(this);
    this.#isLimited = false;
    if (this.#timer !== undefined) this.#context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
