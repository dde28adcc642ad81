import { PoolError } from "../errors.js";
import { moment } from "../events.js";
import type { Clock } from "../time.js";
import type { Backend } from "./backend.js";
import type { ConnectorState } from "./connector.js";
import { SharedWork } from "./shared-work.js";
import { settlesWithin, timeoutOr } from "./timeouts.js";

/**
 * The client of one connector from its opening to its end: the state machine drawn in connector.ts. At most one client lives at a time.
 * Fields are set before the event that tells of it, since a listener may call back at once.
 */
export class Lifecycle<C> {
  readonly #backend: Backend<C>;
  readonly #clock: Clock;
  #state: ConnectorState = "idle";
  #held: { readonly client: C } | undefined;
  #attempt: SharedWork<undefined> | undefined;
  /** What drains, or was called off and winds down: the next open waits for it. Never rejects. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(backend: Backend<C>, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  get state(): ConnectorState {
    return this.#state;
  }

  get held(): { readonly client: C } | undefined {
    return this.#held;
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
    this.#to("connecting");
    return attempt;
  }

  async #open(signal: AbortSignal, leaving: Promise<void>): Promise<undefined> {
    await leaving;
    signal.throwIfAborted();
    const stopTimer = this.#limitAttempt();
    try {
      const client = await this.#backend.open(signal, { lost: () => undefined, recovered: () => undefined });
      if (signal.aborted) {
        // Whoever called it off has moved the state on, and waits for this.
        await this.#close(client, 0);
        return;
      }
      this.#attempt = undefined;
      this.#held = { client };
      this.#to("ready");
    } catch (error) {
      if (!signal.aborted) {
        this.#attempt = undefined;
        this.#to("failed", error);
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
    if (held !== undefined) this.#leaving = this.#close(held.client, timeoutOr(timeout, this.#backend.drainTimeout));
    this.#to("closed");
  }

  #callOff(attempt: SharedWork<undefined>, to: "failed" | "closed", reason: unknown): void {
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    this.#leaving = settlesWithin(this.#clock, this.#backend.closeTimeout, attempt.ended);
    this.#to(to, reason);
    attempt.cancel(reason);
  }

  async #close(client: C, timeout: number): Promise<void> {
    try {
      await this.#backend.close(client, timeout);
    } catch (error) {
      // A disconnect never rejects; that its close went wrong is told by an event.
      this.#tell(this.#state, error);
    }
  }

  #to(state: ConnectorState, cause?: unknown): void {
    if (this.#state === state) return;
    const from = this.#state;
    this.#state = state;
    this.#tell(from, cause);
  }

  #tell(from: ConnectorState, cause: unknown): void {
    const channel = moment("connector:state");
    if (channel.hasSubscribers)
      channel.publish({ connector: this.#backend.name, kind: this.#backend.kind, from, to: this.#state, cause });
  }

  #error(code: "CONNECT_TIMEOUT" | "NOT_CONNECTED", what: string): PoolError {
    const { name, kind } = this.#backend;
    return new PoolError(code, `connector "${name}" (${kind}) ${what}`, { details: { connector: name, kind } });
  }
}
