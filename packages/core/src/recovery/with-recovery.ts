import { unlessAborted, withAnySignal } from "../aborts.js";
import { readFunction } from "../arguments.js";
import { BackOff, LONGEST_PAUSE } from "../back-off.js";
import { tellRecovery } from "../connector/recovery-event.js";
import { supervisedOf } from "../connector/supervised.js";
import { classifyError, type ErrorClass } from "../error-class.js";
import { PoolError, reasonOf } from "../errors.js";
import { pause } from "../pause.js";
import { withTimeout } from "../time.js";
import { readRecoveryOptions, type RecoveryOptions, type ResolvedRecoveryOptions } from "./options.js";
import type { RecoveryAction } from "./policy.js";
import { isRepeatable } from "./repeatable.js";
import type { Recoverable, Work } from "./work.js";

/**
 * Runs `work` and does about its error what the policy says for the error's class: has the connector looked after, runs the work again with back-off where that is
 * safe, answers with the fallback, raises an alarm. Everything that it does is told as `connector:recovery`. While the connector is known to be down (its
 * supervisor has failed three times to bring it back), new work is not run: it gets the fallback, or `UNAVAILABLE`, at once.
 * @throws the work's own error where nothing helped; PoolError `UNAVAILABLE`, `COMMAND_TIMEOUT`, `INVALID_ARGUMENT`; the signal's reason
 */
export async function withRecovery<C, T>(
  connector: Recoverable<C>,
  work: Work<C, T>,
  options?: RecoveryOptions<T>,
): Promise<T> {
  readFunction("withRecovery: work", work);
  const resolved = readRecoveryOptions(options);
  resolved.signal?.throwIfAborted();
  return await new Recovery(connector, work, resolved).run();
}

class Recovery<C, T> {
  readonly #connector: Recoverable<C>;
  readonly #work: Work<C, T>;
  readonly #options: ResolvedRecoveryOptions<T>;
  readonly #backOff: BackOff;
  readonly #deadline: number;
  #attempt = 1;

  constructor(connector: Recoverable<C>, work: Work<C, T>, options: ResolvedRecoveryOptions<T>) {
    this.#connector = connector;
    this.#work = work;
    this.#options = options;
    this.#backOff = new BackOff(options);
    this.#deadline = options.clock.now() + options.timeout;
  }

  async run(): Promise<T> {
    if (this.#isDown) return await this.#help(this.#downError(), ["fallback"]);
    for (; ; this.#attempt++) {
      try {
        return await this.#try();
      } catch (error) {
        const { policy, signal } = this.#options;
        signal?.throwIfAborted();
        const errorClass = this.#classify(error);
        const actions = policy[errorClass];
        if (actions.includes("reconnect")) await this.#look(error);
        if (!actions.includes("retry") || !this.#mayRetry(error, errorClass)) return await this.#help(error, actions);
        this.#tell("retry", error);
        this.#backOff.failed(error);
        await pause(this.#options.clock, Math.min(this.#backOff.pause(LONGEST_PAUSE.wanted), this.#left), signal);
      }
    }
  }

  async #try(): Promise<T> {
    const { clock, signal, timeout } = this.#options;
    const { name, kind } = this.#connector;
    const late = (): PoolError =>
      new PoolError(
        "COMMAND_TIMEOUT",
        `work on connector "${name}" (${kind}) did not end within ${String(timeout)} ms`,
        {
          details: { connector: name, kind, timeoutMs: timeout },
        },
      );
    return await withTimeout(clock, this.#left, late, (over) =>
      withAnySignal([signal, over], (any = over) =>
        unlessAborted(any, () => this.#work(this.#connector.client, { attempt: this.#attempt, signal: any })),
      ),
    );
  }

  /** Has the backend looked at now: when it is away, its supervisor comes at once. */
  async #look(error: unknown): Promise<void> {
    this.#tell("reconnect", error);
    const { signal } = this.#options;
    const timeout = Math.max(1, Math.min(1_000, this.#left));
    await this.#connector.healthCheck({ timeout, ...(signal && { signal }) }).catch(() => undefined);
    signal?.throwIfAborted();
  }

  #mayRetry(error: unknown, errorClass: ErrorClass): boolean {
    const { idempotent, retries } = this.#options;
    if (this.#attempt > retries || this.#left === 0 || this.#isDown) return false;
    return isRepeatable(error, errorClass, idempotent);
  }

  /** Nothing is tried any more: the fallback answers, or somebody is told. */
  async #help(error: unknown, actions: readonly RecoveryAction[]): Promise<T> {
    const { fallback } = this.#options;
    let cause = error;
    if (fallback !== undefined && actions.includes("fallback")) {
      this.#tell("fallback", error);
      try {
        return await fallback(error);
      } catch (failure) {
        cause = failure;
      }
    }
    this.#tell(actions.includes("alarm") ? "alarm" : "fail", cause);
    throw error;
  }

  get #left(): number {
    return Math.max(0, this.#deadline - this.#options.clock.now());
  }

  get #isDown(): boolean {
    return supervisedOf(this.#connector)?.supervisor?.down === true;
  }

  #downError(): PoolError {
    const { name, kind } = this.#connector;
    const cause = supervisedOf(this.#connector)?.trouble;
    const message = `connector "${name}" (${kind}) is known to be down: ${reasonOf(cause)}`;
    return new PoolError("UNAVAILABLE", message, { cause, details: { connector: name, kind, sent: false } });
  }

  #classify(error: unknown): ErrorClass {
    return this.#connector.classify?.(error) ?? classifyError(error);
  }

  #tell(action: RecoveryAction | "fail", cause: unknown): void {
    const { name, kind } = this.#connector;
    const classify = (error: unknown): ErrorClass => this.#classify(error);
    tellRecovery({ name, kind, classify }, { action, attempt: this.#attempt, cause });
  }
}
