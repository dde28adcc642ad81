import { withAnySignal } from "../aborts.js";
import { PoolError } from "../errors.js";
import { withTimeout, type Clock } from "../time.js";
import type { Backend } from "./backend.js";
import type { Health } from "./connector.js";
import { SharedWork } from "./shared-work.js";

interface Answer {
  readonly latencyMs: number;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** Asks one connector's backend how it is. Callers at the same time share one round trip, so that a slow backend is not asked ever more often. */
export class HealthProbe<C> {
  readonly #backend: Backend<C>;
  readonly #clock: Clock;
  #running: SharedWork<Answer> | undefined;

  constructor(backend: Backend<C>, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** Resolves within `timeout` ms with what it found; rejects only with the signal's reason. */
  async check(client: C, timeout: number, signal: AbortSignal | undefined): Promise<Health> {
    const startedAt = this.#clock.now();
    const join = (late: AbortSignal): Promise<Answer> =>
      withAnySignal([signal, late], (any = late) => this.#join(client, any));
    try {
      const { latencyMs, details } = await withTimeout(this.#clock, timeout, () => this.#silent(timeout), join);
      const health = { healthy: true, latencyMs, checkedAt: Date.now() };
      return details === undefined ? health : { ...health, details };
    } catch (error) {
      signal?.throwIfAborted();
      return { healthy: false, latencyMs: this.#clock.now() - startedAt, checkedAt: Date.now(), error };
    }
  }

  /** The client goes away: what it is being asked is called off. */
  cancel(): void {
    if (this.#running === undefined || this.#running.over) return;
    this.#running.cancel(
      new PoolError("NOT_CONNECTED", `connector "${this.#backend.name}" was disconnected during its health check`),
    );
  }

  #join(client: C, signal: AbortSignal): Promise<Answer> {
    if (this.#running === undefined || this.#running.over)
      this.#running = new SharedWork((calledOff) => this.#ask(client, calledOff));
    return this.#running.join(signal);
  }

  async #ask(client: C, signal: AbortSignal): Promise<Answer> {
    const startedAt = this.#clock.now();
    const details = await this.#backend.check(client, signal);
    return { latencyMs: this.#clock.now() - startedAt, details };
  }

  #silent(timeout: number): PoolError {
    const { name, kind } = this.#backend;
    const message = `connector "${name}" (${kind}) did not answer its health check within ${String(timeout)} ms`;
    return new PoolError("UNAVAILABLE", message, { details: { connector: name, kind, timeoutMs: timeout } });
  }
}
