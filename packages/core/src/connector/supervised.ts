import type { ErrorClass } from "../error-class.js";
import type { Clock } from "../time.js";
import type { Backend } from "./backend.js";
import type { Held } from "./condition.js";
import type { Connector } from "./connector.js";
import type { HealthProbe } from "./health-probe.js";
import type { Lifecycle } from "./lifecycle.js";
import type { ConnectorState, StateMachine } from "./state-machine.js";
import type { SupervisionPolicy } from "./supervision-options.js";

/** Where a connector keeps its side of supervision. Those that were written by hand have none. */
export const supervision = Symbol("@pool/core supervision");

/** What a supervisor needs of one connector: it says when, the connector knows how. */
export interface Supervised {
  readonly name: string;
  readonly kind: string;
  readonly policy: SupervisionPolicy;
  readonly drainTimeout: number;
  readonly state: ConnectorState;
  readonly hasClient: boolean;
  /** Why it does not serve, as far as that is known. */
  readonly trouble: unknown;
  /** Does somebody look after it? There is at most one. */
  supervisor: { readonly down: boolean } | undefined;
  classify(error: unknown): ErrorClass;
  /** `watcher` runs after every change of state, until the function that is returned runs. */
  watch(watcher: () => void): () => void;
  /** A background check. Never rejects; the state tells what it found. */
  check(signal: AbortSignal): Promise<void>;
  /** One attempt to come back, or to connect for the first time. Never rejects; the state tells what became of it. */
  attempt(signal: AbortSignal): Promise<void>;
  /** Attempts have failed for too long: it is `failed`. */
  giveUp(): void;
}

export function supervisedOf(connector: Pick<Connector, "name">): Supervised | undefined {
  return (connector as { readonly [supervision]?: Supervised })[supervision];
}

interface Parts<C> {
  readonly policy: SupervisionPolicy;
  readonly backend: Backend<C>;
  readonly state: StateMachine;
  readonly lifecycle: Lifecycle<C>;
  readonly probe: HealthProbe<C>;
  readonly clock: Clock;
  classify(error: unknown): ErrorClass;
}

export class SupervisedParts<C> implements Supervised {
  readonly #parts: Parts<C>;
  supervisor: { readonly down: boolean } | undefined;
  /** Whose way back still runs: also one that we have stopped waiting for. */
  #reconnecting: Held<C> | undefined;

  constructor(parts: Parts<C>) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.backend.name;
  }

  get kind(): string {
    return this.#parts.backend.kind;
  }

  get policy(): SupervisionPolicy {
    return this.#parts.policy;
  }

  get drainTimeout(): number {
    return this.#parts.backend.drainTimeout;
  }

  get state(): ConnectorState {
    return this.#parts.state.current;
  }

  get hasClient(): boolean {
    return this.#parts.lifecycle.held !== undefined;
  }

  get trouble(): unknown {
    const { held, failure } = this.#parts.lifecycle;
    return held === undefined ? failure : held.condition.health?.error;
  }

  classify(error: unknown): ErrorClass {
    return this.#parts.classify(error);
  }

  watch(watcher: () => void): () => void {
    return this.#parts.state.watch(watcher);
  }

  async check(signal: AbortSignal): Promise<void> {
    const { held } = this.#parts.lifecycle;
    if (held !== undefined) await this.#ask(held, signal);
  }

  async attempt(signal: AbortSignal): Promise<void> {
    const { lifecycle, state } = this.#parts;
    const { held } = lifecycle;
    if (held === undefined) {
      await lifecycle.connect(signal).catch(() => undefined);
      return;
    }
    state.to("reconnecting");
    if (await this.#reconnect(held, signal)) await this.#ask(held, signal);
  }

  giveUp(): void {
    this.#parts.state.to("failed", this.trouble);
  }

  /** False when the adapter says that its backend is not back. */
  async #reconnect(held: Held<C>, signal: AbortSignal): Promise<boolean> {
    const { backend, clock } = this.#parts;
    if (!backend.reconnects || this.#reconnecting === held) return true;
    if (signal.aborted) return false;
    const { client, condition } = held;
    const asked = condition.news;
    const startedAt = clock.now();
    const ended = (): void => {
      if (this.#reconnecting === held) this.#reconnecting = undefined;
    };
    this.#reconnecting = held;
    try {
      await backend.reconnect(client, signal, ended);
      return true;
    } catch (error) {
      const health = { healthy: false, latencyMs: clock.now() - startedAt, checkedAt: Date.now(), error };
      if (!isOver(signal)) condition.found(health, asked);
      return false;
    }
  }

  async #ask(held: Held<C>, signal: AbortSignal): Promise<void> {
    const { probe, policy } = this.#parts;
    // It rejects with the signal's reason only: the supervisor has gone.
    await probe.check(held, policy.healthCheckTimeout, signal).catch(() => undefined);
  }
}

// A function, since it may have changed while something was waited for.
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
