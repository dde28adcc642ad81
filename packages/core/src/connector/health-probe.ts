import { withAnySignal } from "../aborts.js";
import { PoolError } from "../errors.js";
import { withTimeout, type Clock } from "../time.js";
import type { Backend } from "./backend.js";
import type { Held } from "./condition.js";
import type { Health } from "./health.js";
import { SharedWork } from "./shared-work.js";

type Answer = Pick<Health, "latencyMs" | "details">;

/**
 * Asks one connector's backend how it is. Callers at the same time share one round trip, so that a slow backend is not asked ever more often. What it
 * finds is kept as the client's condition; that a caller has less patience than `patience` ms says nothing of the backend.
 */
export class HealthProbe<C> {
  readonly #backend: Backend<C>;
  readonly #clock: Clock;
  readonly #patience: number;
  #running: SharedWork<Answer> | undefined;

  constructor(backend: Backend<C>, clock: Clock, patience: number) {
    this.#backend = backend;
    this.#clock = clock;
    this.#patience = patience;
  }

  /** Resolves within `timeout` ms with what it found; rejects only with the signal's reason. */
  async check(held: Held<C>, timeout: number, signal: AbortSignal | undefined): Promise<Health> {
    const { condition } = held;
    const startedAt = this.#clock.now();
    const asked = condition.news;
    let silence: PoolError | undefined;
    const silent = (): PoolError => (silence = this.#silence(timeout));
    const join = (late: AbortSignal): Promise<Answer> =>
      withAnySignal([signal, late], (any = late) => this.#join(held, any));
    try {
      return good(await withTimeout(this.#clock, timeout, silent, join));
    } catch (error) {
      signal?.throwIfAborted();
      const health = bad(this.#clock.now() - startedAt, error);
      if (error === silence && timeout >= this.#patience) condition.found(health, asked);
      return health;
    }
  }

  /** The client goes away: what it is being asked is called off. */
  cancel(): void {
    if (this.#running === undefined || this.#running.over) return;
    this.#running.cancel(
      new PoolError("NOT_CONNECTED", `connector "${this.#backend.name}" was disconnected during its health check`),
    );
  }

  #join(held: Held<C>, signal: AbortSignal): Promise<Answer> {
    if (this.#running === undefined || this.#running.over)
      this.#running = new SharedWork((calledOff) => this.#ask(held, calledOff));
    return this.#running.join(signal);
  }

  async #ask({ client, condition }: Held<C>, signal: AbortSignal): Promise<Answer> {
    const startedAt = this.#clock.now();
    const asked = condition.news;
    const taken = (): number => this.#clock.now() - startedAt;
    try {
      const details = await this.#backend.check(client, signal);
      const answer = { latencyMs: taken(), ...(details !== undefined && { details }) };
      if (!signal.aborted) condition.found(good(answer), asked);
      return answer;
    } catch (error) {
      if (!signal.aborted) condition.found(bad(taken(), error), asked);
      throw error;
    }
  }

  #silence(timeout: number): PoolError {
    const { name, kind } = this.#backend;
    const message = `connector "${name}" (${kind}) did not answer its health check within ${String(timeout)} ms`;
    return new PoolError("UNAVAILABLE", message, { details: { connector: name, kind, timeoutMs: timeout } });
  }
}

function good(answer: Answer): Health {
  return { healthy: true, checkedAt: Date.now(), ...answer };
}

function bad(latencyMs: number, error: unknown): Health {
  return { healthy: false, latencyMs, checkedAt: Date.now(), error };
}
