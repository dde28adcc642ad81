import { inspect } from "node:util";
import { classifyError, type ErrorClass } from "../error-class.js";
import type { PoolError } from "../errors.js";
import { redact } from "../redact.js";
import type { Clock } from "../time.js";
import { Backend } from "./backend.js";
import type { Connector, ConnectorSpec } from "./connector.js";
import { HealthProbe } from "./health-probe.js";
import type { Health, KnownHealth } from "./health.js";
import { Lifecycle } from "./lifecycle.js";
import { assignName } from "./naming.js";
import { notConnected } from "./not-connected.js";
import { StateMachine, type ConnectorState } from "./state-machine.js";
import { SupervisedParts, supervision, type Supervised } from "./supervised.js";
import { readSupervision } from "./supervision-options.js";
import { readCallOptions, readCloseOptions, type CallOptions } from "./timeouts.js";

/** What {@link defineConnector} makes. */
export class DefinedConnector<C> implements Connector<C> {
  readonly kind: string;
  readonly key: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly [supervision]: Supervised;
  readonly #spec: ConnectorSpec<C>;
  readonly #state: StateMachine;
  readonly #lifecycle: Lifecycle<C>;
  readonly #probe: HealthProbe<C>;
  #name: string | undefined;

  constructor(spec: ConnectorSpec<C>, clock: Clock) {
    this.kind = spec.kind;
    this.key = spec.key;
    this.config = redact(spec.options, spec.secretNames) as Readonly<Record<string, unknown>>;
    this.#spec = spec;
    this.#name = spec.name;
    const policy = readSupervision(spec.options, `connector ${JSON.stringify(this.name)}`);
    const backend = new Backend(spec, clock, () => this.name);
    const state = new StateMachine(backend);
    const lifecycle = new Lifecycle(backend, state, clock);
    const probe = new HealthProbe(backend, clock, policy.healthCheckTimeout);
    const classify = (error: unknown): ErrorClass => this.classify(error);
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#probe = probe;
    this[supervision] = new SupervisedParts({ policy, backend, state, lifecycle, probe, clock, classify });
  }

  get name(): string {
    return this.#name ?? this.kind;
  }

  get state(): ConnectorState {
    return this.#state.current;
  }

  get isConnected(): boolean {
    return this.#state.current === "ready";
  }

  get critical(): boolean {
    return this[supervision].policy.critical;
  }

  get health(): KnownHealth | undefined {
    return this.#lifecycle.held?.condition.health;
  }

  get client(): C {
    const { held } = this.#lifecycle;
    if (held === undefined) throw this.#notConnected();
    return held.client;
  }

  get connections(): number | undefined {
    if (this.#spec.connections === undefined) return undefined;
    const { held } = this.#lifecycle;
    return held === undefined ? 0 : this.#spec.connections(held.client);
  }

  get gauges(): Readonly<Record<string, number>> {
    const { held } = this.#lifecycle;
    return held === undefined || this.#spec.gauges === undefined ? {} : this.#spec.gauges(held.client);
  }

  classify(error: unknown): ErrorClass {
    return classifyError(error, this.#spec.classify);
  }

  async connect(options?: { signal?: AbortSignal }): Promise<this> {
    const { signal } = this.#read("connect", options, ["signal"]);
    await this.#lifecycle.connect(signal);
    return this;
  }

  async disconnect(options?: { timeout?: number }): Promise<void> {
    const { timeout } = readCloseOptions(`connector ${JSON.stringify(this.name)}: disconnect`, options);
    this.#probe.cancel();
    await this.#lifecycle.disconnect(timeout);
  }

  async restart(options?: { signal?: AbortSignal; timeout?: number }): Promise<this> {
    const { signal, timeout } = this.#read("restart", options, ["signal", "timeout"]);
    signal?.throwIfAborted();
    this.#probe.cancel();
    await this.#lifecycle.restart(signal, timeout);
    return this;
  }

  async healthCheck(options?: { signal?: AbortSignal; timeout?: number }): Promise<Health> {
    const { signal, timeout = this[supervision].policy.healthCheckTimeout } = this.#read("healthCheck", options, [
      "signal",
      "timeout",
    ]);
    signal?.throwIfAborted();
    const { held } = this.#lifecycle;
    if (held === undefined) return { healthy: false, latencyMs: 0, checkedAt: Date.now(), error: this.#notConnected() };
    return this.#probe.check(held, timeout, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  [assignName](name: string): string | undefined {
    if (this.#name !== undefined && this.#name !== name) return "it has a name already";
    const connected = !["idle", "failed", "closed"].includes(this.state);
    if (connected && this.name !== name) return `it is ${this.state}; name it before it connects`;
    this.#name = name;
    return undefined;
  }

  toJSON(): { name: string; kind: string; state: ConnectorState } {
    return { name: this.name, kind: this.kind, state: this.state };
  }

  // Without it, `inspect` would print `config`, and what an adapter puts beside it.
  [inspect.custom](): string {
    return `Connector { name: ${inspect(this.name)}, kind: ${inspect(this.kind)}, state: ${inspect(this.state)} }`;
  }

  #read(call: string, options: CallOptions | undefined, takes: readonly (keyof CallOptions)[]): CallOptions {
    return readCallOptions(`connector ${JSON.stringify(this.name)}: ${call}`, options, takes);
  }

  #notConnected(): PoolError {
    return notConnected(this, this.#lifecycle.failure);
  }
}
