import { readCall, readSignal } from "../arguments.js";
import type { Clock } from "../time.js";
import { closeWithin, Closing } from "./close-in-order.js";
import type { Connector } from "./connector.js";
import { KeyedConnectors } from "./keyed-connectors.js";
import { membersOf } from "./membership.js";
import { checkConnector, checkName } from "./naming.js";
import type { ConnectorState } from "./state-machine.js";
import { readCloseOptions } from "./timeouts.js";
import type { ConnectorView } from "./view.js";

export interface ScopeOptions {
  /** Closes the scope when it aborts. */
  signal?: AbortSignal;
}

export interface ScopeConnectOptions {
  /** Sets apart what would share otherwise, for example `"source"` and `"target"` at one address. */
  role?: string;
  /** Gives up the wait; a connect that others wait for goes on. */
  signal?: AbortSignal;
}

/** One line of {@link Scope.list}. `key` is where it connects (see {@link Connector.key}). */
export interface ScopedConnector {
  readonly key: string;
  readonly role: string | undefined;
  readonly name: string;
  readonly kind: string;
  readonly state: ConnectorState;
  readonly connections: number | undefined;
}

/** The connectors of one task: made when first asked for, shared by where they connect, closed together. Open one with `registry.scope(id)`. */
export class Scope implements AsyncDisposable {
  readonly id: string;
  readonly #clock: Clock;
  readonly #connectors: KeyedConnectors;
  readonly #abort = new AbortController();
  readonly #closing = new Closing();
  readonly #onClosed: () => void;

  /** @param told `onChange` after each coming and going, `onClosed` once everything is closed */
  constructor(
    id: string,
    options: ScopeOptions,
    clock: Clock,
    { onChange, onClosed }: { onChange(): void; onClosed(): void },
  ) {
    const { signal } = options;
    signal?.throwIfAborted();
    const closeNow = (): void => void this.close();
    signal?.addEventListener("abort", closeNow, { once: true });
    this.id = id;
    this.#clock = clock;
    this.#connectors = new KeyedConnectors(id, onChange);
    this.#onClosed = () => {
      signal?.removeEventListener("abort", closeNow);
      onClosed();
    };
  }

  /** Those that are to be looked after. */
  [membersOf](): readonly Connector[] {
    return this.#connectors.present();
  }

  /** Aborts when the scope begins to close, with `SCOPE_CLOSED`: hand it to the work of the task. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** How many connectors it has. */
  get count(): number {
    return this.#connectors.entries().length;
  }

  /** How many connections they have open, as far as their adapters can tell. */
  get connections(): number {
    return this.list().reduce((sum, { connections }) => sum + (connections ?? 0), 0);
  }

  /** Its connectors, oldest first. */
  list(): readonly ScopedConnector[] {
    return this.#connectors.entries().map(({ connector, role }) => {
      const { key, name, kind, state, connections } = connector;
      return { key, role, name, kind, state, connections };
    });
  }

  /**
   * The task's connector for where `source` connects, opened when it is the first one; concurrent callers get the same one. What is given for a
   * place that has one is dropped untouched. One that is closed or failed is replaced (a busy one is not), once it has drained. The scope closes what
   * it opened; what it returns cannot.
   * @throws PoolError `SCOPE_CLOSED`; `INVALID_ARGUMENT` for a connector that belongs to a registry or another scope; what its connect throws; the signal's reason
   */
  async connect<C>(
    source: Connector<C> | (() => Connector<C>),
    options?: ScopeConnectOptions,
  ): Promise<ConnectorView<C>> {
    const { role, signal } = readCall("connect", options, ["role", "signal"]);
    readSignal("connect: signal", signal);
    signal?.throwIfAborted();
    if (this.#closing.begun) throw this.#connectors.closedError();
    if (role !== undefined) checkName("role", role);
    const candidate = typeof source === "function" ? source() : source;
    checkConnector("source", candidate);
    // What is there has the same kind and key, so its client is what this one's would be.
    return (await this.#connectors.open(candidate, role, signal)) as ConnectorView<C>;
  }

  /**
   * Aborts {@link signal}, then closes the connectors, last in first out. Idempotent; never rejects.
   * @param options.timeout one deadline for all, in ms: it resolves at most 2 s after. Default: each one's own, within 30 s in all
   */
  async close(options?: { timeout?: number }): Promise<void> {
    const { timeout } = readCloseOptions("close", options);
    await this[closeWithin](timeout);
  }

  /** For the registry: {@link close} that without a timeout ends within `longest` ms. */
  async [closeWithin](timeout: number | undefined, longest?: number): Promise<void> {
    await this.#closing.run(this.#clock, timeout, async () => {
      this.#abort.abort(this.#connectors.closedError());
      await this.#connectors.close(this.#clock, timeout, longest);
      this.#onClosed();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
