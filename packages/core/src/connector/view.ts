import { inspect } from "node:util";
import { classifyError, type ErrorClass } from "../error-class.js";
import type { Connector } from "./connector.js";
import type { Health, KnownHealth } from "./health.js";
import type { ConnectorState } from "./state-machine.js";
import { supervisedOf, supervision, type Supervised } from "./supervised.js";

/**
 * What a borrower sees of a connector: all but the power to connect, restart or close it. That keeps mistakes apart, and is no guard: the client is the
 * real one, with a pool that can be closed. A pool that is not itself would be foreign to the callback forms and to facades that test for its
 * class; and a scope whose client was closed so replaces nothing until it is told (`disconnect`), as with a backend that has gone away.
 */
export type ConnectorView<C = unknown> = Omit<
  Connector<C>,
  "connect" | "disconnect" | "restart" | typeof Symbol.asyncDispose
>;

/** A view that cannot be turned back into its connector. */
export function viewOf<C>(connector: Connector<C>): ConnectorView<C> {
  return new View(connector);
}

class View<C> implements ConnectorView<C> {
  readonly #connector: Connector<C>;

  constructor(connector: Connector<C>) {
    this.#connector = connector;
  }

  get name(): string {
    return this.#connector.name;
  }

  get kind(): string {
    return this.#connector.kind;
  }

  get state(): ConnectorState {
    return this.#connector.state;
  }

  get isConnected(): boolean {
    return this.#connector.isConnected;
  }

  get critical(): boolean {
    return this.#connector.critical ?? true;
  }

  get health(): KnownHealth | undefined {
    return this.#connector.health;
  }

  get [supervision](): Supervised | undefined {
    return supervisedOf(this.#connector);
  }

  get config(): Readonly<Record<string, unknown>> {
    return this.#connector.config;
  }

  get key(): string {
    return this.#connector.key;
  }

  get client(): C {
    return this.#connector.client;
  }

  get connections(): number | undefined {
    return this.#connector.connections;
  }

  get gauges(): Readonly<Record<string, number>> {
    return this.#connector.gauges ?? {};
  }

  classify(error: unknown): ErrorClass {
    return this.#connector.classify?.(error) ?? classifyError(error);
  }

  healthCheck(options?: { signal?: AbortSignal; timeout?: number }): Promise<Health> {
    return this.#connector.healthCheck(options);
  }

  toJSON(): { name: string; kind: string; state: ConnectorState } {
    return { name: this.name, kind: this.kind, state: this.state };
  }

  [inspect.custom](): string {
    return `ConnectorView { name: ${inspect(this.name)}, kind: ${inspect(this.kind)}, state: ${inspect(this.state)} }`;
  }
}
