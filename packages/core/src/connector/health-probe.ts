import { PoolError } from "../errors.js";
import { withTimeout, type Clock } from "../time.js";
import type { ConnectorSpec, Health } from "./connector.js";
import { secretTexts, withoutSecrets } from "./secrets.js";
import { SharedWork } from "./shared-work.js";
import { trace } from "./trace.js";

interface Answer {
  readonly latencyMs: number;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** Asks one connector's backend how it is. Callers at the same time share one round trip, so that a slow backend is not asked ever more often. */
export class HealthProbe<C> {
  readonly #spec: ConnectorSpec<C>;
  readonly #clock: Clock;
  readonly #name: () => string;
  #running: SharedWork<Answer> | undefined;

  constructor(spec: ConnectorSpec<C>, clock: Clock, name: () => string) {
    this.#spec = spec;
    this.#clock = clock;
    this.#name = name;
  }

  /** Resolves within `timeout` ms with what it found; rejects only with the signal's reason. */
  async check(client: C, timeout: number, signal: AbortSignal | undefined): Promise<Health> {
    const startedAt = this.#clock.now();
    try {
      const { latencyMs, details } = await withTimeout(this.#clock, timeout, () => this.#silent(timeout), (timedOut) =>
        this.#join(client, signal === undefined ? timedOut : AbortSignal.any([signal, timedOut])),
      );
      const healthy = { healthy: true, latencyMs, checkedAt: Date.now() };
      return details === undefined ? healthy : { ...healthy, details };
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      return { healthy: false, latencyMs: this.#clock.now() - startedAt, checkedAt: Date.now(), error };
    }
  }

  /** The client goes away: what is asked of it is called off. */
  cancel(): void {
    this.#running?.cancel(new PoolError("NOT_CONNECTED", `connector "${this.#name()}" was disconnected during its health check`));
  }

  #join(client: C, signal: AbortSignal): Promise<Answer> {
    if (this.#running === undefined || this.#running.over) this.#running = new SharedWork((aborted) => this.#ask(client, aborted));
    return this.#running.join(signal);
  }

  async #ask(client: C, signal: AbortSignal): Promise<Answer> {
    const startedAt = this.#clock.now();
    const ask = async (): Promise<Answer> => {
      try {
        const details = await this.#spec.check(client, signal);
        return { latencyMs: this.#clock.now() - startedAt, details };
      } catch (error) {
        throw withoutSecrets(error, secretTexts(this.#spec.options, this.#spec.secretNames));
      }
    };
    return trace("connector:health", () => ({ connector: this.#name(), kind: this.#spec.kind }), ask);
  }

  #silent(timeout: number): PoolError {
    const message = `connector "${this.#name()}" (${this.#spec.kind}) did not answer its health check within ${String(timeout)} ms`;
    return new PoolError("UNAVAILABLE", message, { details: { connector: this.#name(), timeoutMs: timeout } });
  }
}
