import { isPoolError, PoolError, reasonOf } from "../errors.js";
import { moment } from "../events.js";
import { redactUrls } from "../redact.js";
import { withTimeout, type Clock } from "../time.js";
import type { ConnectorSpec, ConnectorState } from "./connector.js";
import { secretTexts, withoutSecrets } from "./secrets.js";
import { SharedWork } from "./shared-work.js";
import { settlesWithin, timeoutOr } from "./timeouts.js";
import { trace } from "./trace.js";

const CONNECT_TIMEOUT = 30_000;
const DRAIN_TIMEOUT = 3_000;
const CLOSE_TIMEOUT = 2_000;

/** The client of one connector from its opening to its end: the state machine drawn in connector.ts. At most one client lives at a time. */
export class Lifecycle<C> {
  readonly #spec: ConnectorSpec<C>;
  readonly #clock: Clock;
  readonly #name: () => string;
  #state: ConnectorState = "idle";
  #held: { readonly client: C } | undefined;
  #attempt: SharedWork<void> | undefined;
  /** What drains, or was called off and winds down: the next open waits for it. Never rejects. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(spec: ConnectorSpec<C>, clock: Clock, name: () => string) {
    this.#spec = spec;
    this.#clock = clock;
    this.#name = name;
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
    await this.#leaving;
  }

  async restart(signal: AbortSignal | undefined, timeout: number | undefined): Promise<void> {
    // A client that is being opened is fresh enough.
    if (this.#attempt === undefined) this.#drop(timeout);
    await this.connect(signal);
  }

  // Here and below the fields are set before the event is told: a listener may call back at once.
  #start(): SharedWork<void> {
    const leaving = this.#leaving;
    const attempt: SharedWork<void> = new SharedWork(
      (signal) => this.#open(signal, leaving),
      (reason) => this.#callOff(attempt, "failed", reason),
    );
    this.#attempt = attempt;
    this.#to("connecting");
    return attempt;
  }

  async #open(signal: AbortSignal, leaving: Promise<void>): Promise<void> {
    await leaving;
    signal.throwIfAborted();
    const stopTimer = this.#limitAttempt();
    try {
      const client = await this.#openClient(signal);
      // Called off meanwhile: whoever did so has moved the state on, and waits for this.
      if (signal.aborted) return await this.#close(client, 0);
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

  /** What `open` opens, or an error that says who could not connect and shows no secret. */
  async #openClient(signal: AbortSignal): Promise<C> {
    const name = this.#name();
    const { kind } = this.#spec;
    const open = async (): Promise<C> => {
      try {
        return await this.#spec.open({ name, signal });
      } catch (thrown) {
        const cause = this.#clean(thrown);
        if (isPoolError(cause)) throw cause;
        const message = `connector "${name}" (${kind}) could not connect: ${redactUrls(reasonOf(cause))}`;
        throw new PoolError("CONNECT_FAILED", message, { cause, details: { connector: name, kind } });
      }
    };
    return trace("connector:connect", () => ({ connector: name, kind }), open);
  }

  /** Calls the attempt off when it takes too long. */
  #limitAttempt(): () => void {
    const attempt = this.#attempt;
    const limit = timeoutOr(this.#spec.connectTimeout, CONNECT_TIMEOUT);
    if (attempt === undefined || limit === Infinity) return () => undefined;
    const timer = this.#clock.setTimeout(() => {
      const message = `connector "${this.#name()}" (${this.#spec.kind}) did not connect within ${String(limit)} ms`;
      this.#callOff(attempt, "failed", new PoolError("CONNECT_TIMEOUT", message, { details: { connector: this.#name(), timeoutMs: limit } }));
    }, limit);
    return () => this.#clock.clearTimeout(timer);
  }

  #drop(timeout: number | undefined): void {
    if (this.#attempt !== undefined) {
      const message = `connector "${this.#name()}" (${this.#spec.kind}) was disconnected while it was connecting`;
      this.#callOff(this.#attempt, "closed", new PoolError("NOT_CONNECTED", message, { details: { connector: this.#name() } }));
    } else if (this.#held !== undefined) {
      const { client } = this.#held;
      this.#held = undefined;
      this.#leaving = this.#close(client, timeoutOr(timeout, this.#drainTimeout()));
      this.#to("closed");
    } else {
      this.#to("closed");
    }
  }

  #callOff(attempt: SharedWork<void>, to: "failed" | "closed", reason: unknown): void {
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    this.#leaving = settlesWithin(this.#clock, this.#closeTimeout(), attempt.ended);
    this.#to(to, reason);
    attempt.cancel(reason);
  }

  async #close(client: C, timeout: number): Promise<void> {
    const limit = timeout + this.#closeTimeout();
    const late = (): Error => new Error(`did not close within ${String(limit)} ms`);
    try {
      await withTimeout(this.#clock, limit, late, () => this.#spec.close(client, { timeout }));
    } catch (error) {
      // A disconnect never rejects; that its close went wrong is told by an event.
      this.#tell(this.#state, this.#clean(error));
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
    if (channel.hasSubscribers) channel.publish({ connector: this.#name(), kind: this.#spec.kind, from, to: this.#state, cause });
  }

  #clean(error: unknown): unknown {
    return withoutSecrets(error, secretTexts(this.#spec.options, this.#spec.secretNames));
  }

  #drainTimeout(): number {
    const option = (this.#spec.options as { readonly drainTimeout?: unknown }).drainTimeout;
    return timeoutOr(this.#spec.drainTimeout, timeoutOr(typeof option === "number" ? option : undefined, DRAIN_TIMEOUT));
  }

  #closeTimeout(): number {
    return timeoutOr(this.#spec.closeTimeout, CLOSE_TIMEOUT);
  }
}
