import { PoolError } from "../errors.js";
import { settlesWithin, type Clock } from "../time.js";
import type { Backend } from "./backend.js";
import { Condition, type Held } from "./condition.js";
import { SharedWork } from "./shared-work.js";
import type { StateMachine } from "./state-machine.js";
import { timeoutOr } from "./timeouts.js";

/**
 * The client of one connector from its opening to its end. At most one client lives at a time. Fields are set before the event that tells of it,
 * since a listener may call back at once.
 */
export class Lifecycle<C> {
  readonly #backend: Backend<C>;
  readonly #state: StateMachine;
  readonly #clock: Clock;
  #held: Held<C> | undefined;
  #failure: unknown;
  #attempt: SharedWork<undefined> | undefined;
  /** What drains, or was called off and winds down: the next open waits for it. Never rejects. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(backend: Backend<C>, state: StateMachine, clock: Clock) {
    this.#backend = backend;
    this.#state = state;
    this.#clock = clock;
  }

  get held(): Held<C> | undefined {
    return this.#held;
  }

  /** Why the last attempt to open a client failed. */
  get failure(): unknown {
    return this.#failure;
  }

  async connect(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#held !== undefined) return;
    await (this.#attempt ?? this.#start()).join(signal);
  }

  async disconnect(timeout: number | undefined): Promise<void> {
    this.#drop(timeout);
    // Another call may have given it more time than this one has.
    await settlesWithin(this.#clock, timeoutOr(timeout, Infinity) + this.#backend.closeTimeout, this.#leaving);
  }

  async restart(signal: AbortSignal | undefined, timeout: number | undefined): Promise<void> {
    // A client that is being opened is fresh enough.
    if (this.#attempt === undefined) this.#drop(timeout);
    await this.connect(signal);
  }

  #start(): SharedWork<undefined> {
    const leaving = this.#leaving;
    const attempt = new SharedWork<undefined>(
      (signal) => this.#open(signal, leaving),
      (reason) => this.#callOff(attempt, "failed", reason),
    );
    this.#attempt = attempt;
    this.#state.to("connecting");
    return attempt;
  }

  async #open(signal: AbortSignal, leaving: Promise<void>): Promise<undefined> {
    await leaving;
    signal.throwIfAborted();
    const stopTimer = this.#limitAttempt();
    const condition = new Condition(this.#clock);
    try {
      const client = await this.#backend.open(signal, condition);
      if (signal.aborted) {
        // Whoever called it off has moved the state on, and waits for this.
        await this.#close(client, 0);
        return;
      }
      this.#attempt = undefined;
      this.#held = { client, condition };
      this.#failure = undefined;
      condition.begin(this.#state);
      this.#state.to("ready");
      condition.apply();
    } catch (error) {
      if (!signal.aborted) {
        this.#attempt = undefined;
        this.#failure = error;
        this.#state.to("failed", error);
      }
      throw error;
    } finally {
      stopTimer();
    }
  }

  /** Calls the attempt that is under way off when it takes too long. */
  #limitAttempt(): () => void {
    const attempt = this.#attempt;
    const { connectTimeout: limit } = this.#backend;
    if (attempt === undefined || limit === Infinity) return () => undefined;
    const timer = this.#clock.setTimeout(() => {
      this.#callOff(attempt, "failed", this.#error("CONNECT_TIMEOUT", `did not connect within ${String(limit)} ms`));
    }, limit);
    return () => this.#clock.clearTimeout(timer);
  }

  #drop(timeout: number | undefined): void {
    if (this.#attempt !== undefined) {
      this.#callOff(this.#attempt, "closed", this.#error("NOT_CONNECTED", "was disconnected while it was connecting"));
      return;
    }
    const held = this.#held;
    this.#held = undefined;
    this.#failure = undefined;
    if (held !== undefined) {
      held.condition.end();
      this.#leaving = this.#close(held.client, timeoutOr(timeout, this.#backend.drainTimeout));
    }
    this.#state.to("closed");
  }

  #callOff(attempt: SharedWork<undefined>, to: "failed" | "closed", reason: unknown): void {
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    // An attempt that waited for an older client to drain leaves before that one does.
    const older = this.#leaving;
    this.#leaving = settlesWithin(this.#clock, this.#backend.closeTimeout, attempt.ended).then(() => older);
    if (to === "failed") this.#failure = reason;
    this.#state.to(to, reason);
    attempt.cancel(reason);
  }

  async #close(client: C, timeout: number): Promise<void> {
    try {
      await this.#backend.close(client, timeout);
    } catch (error) {
      // A disconnect never rejects; that its close went wrong is told by an event.
      this.#state.note(error);
    }
  }

  #error(code: "CONNECT_TIMEOUT" | "NOT_CONNECTED", what: string): PoolError {
    const { name, kind } = this.#backend;
    return new PoolError(code, `connector "${name}" (${kind}) ${what}`, { details: { connector: name, kind } });
  }
}
