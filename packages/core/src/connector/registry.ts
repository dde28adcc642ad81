import { readName } from "../arguments.js";
import { describeValue } from "../options-text.js";
import type { Clock } from "../time.js";
import { closeInOrder, Closing } from "./close-in-order.js";
import type { Connector, ConnectorMap } from "./connector.js";
import { checkAll, type RegistryHealth } from "./check-all.js";
import { checkConnector, checkName, claim, unclaim } from "./naming.js";
import { duplicateName, duplicateScope, notFound, registryClosed } from "./registry-errors.js";
import { Scope, type ScopeOptions } from "./scope.js";
import { settleAll } from "./settle-all.js";
import { readCallOptions, readCloseOptions, timeoutOption } from "./timeouts.js";

/** The named connectors of one process, with one lifetime. Make one with {@link createRegistry} or {@link connectAll}. */
export class Registry<out M extends ConnectorMap<M> = Record<string, Connector>> implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #connectors = new Map<string, Connector>();
  readonly #scopes = new Map<string, Scope>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #closing = new Closing();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The connector of that name, with its own type. @throws PoolError `CONNECTOR_NOT_FOUND` naming the known ones, `REGISTRY_CLOSED` */
  get<K extends keyof M & string>(name: K): M[K] {
    this.#assertOpen("look up", name);
    readName("get: name", name);
    // The type of each entry is what `map` or the caller says; names outside it do not compile.
    return (this.#connectors.get(name) ?? notFound(name, this.names())) as M[K];
  }

  /** For names that are known at run time only. Never throws; undefined also once the registry is closed. */
  find(name: string): Connector | undefined {
    return this.#connectors.get(name);
  }

  has(name: string): boolean {
    return this.#connectors.has(name);
  }

  /** In the order of registration. */
  names(): readonly string[] {
    return [...this.#connectors.keys()];
  }

  /** A snapshot, in the order of registration. */
  connectors(): ReadonlyMap<string, Connector> {
    return new Map(this.#connectors);
  }

  /**
   * Adds a connector, names it, and closes it with the rest. Does not connect it. Returns it with its type.
   * @throws PoolError `DUPLICATE_CONNECTOR`, `REGISTRY_CLOSED`, `INVALID_ARGUMENT` when it has another name or belongs to another registry or scope
   */
  register<C extends Connector>(name: string, connector: C): C {
    this.#assertOpen("register", name);
    checkName("connector", name);
    checkConnector(name, connector);
    if (this.#connectors.has(name)) throw duplicateName(name, this.names());
    claim(connector, "a registry", name);
    this.#connectors.set(name, connector);
    return connector;
  }

  /** Takes a connector out without closing it: it is the caller's from now on. @throws PoolError `CONNECTOR_NOT_FOUND`, `REGISTRY_CLOSED` */
  release(name: string): Connector {
    this.#assertOpen("release", name);
    readName("release: name", name);
    const connector = this.#connectors.get(name) ?? notFound(name, this.names());
    this.#connectors.delete(name);
    unclaim(connector);
    return connector;
  }

  /** Takes a connector out at once and disconnects it. @throws PoolError `CONNECTOR_NOT_FOUND`, `REGISTRY_CLOSED` */
  async remove(name: string, options?: { timeout?: number }): Promise<void> {
    const given = readCloseOptions("remove", options);
    const gone = this.release(name).disconnect(given);
    this.#leaving.add(gone);
    await gone.finally(() => this.#leaving.delete(gone));
  }

  /**
   * Asks every backend at once, over a snapshot, each apart from the others' failures. Healthy when all are; never healthy once closed.
   * Rejects only with the signal's reason. @param options.timeout for each, in ms. @default 1_000
   */
  async healthCheck(options?: { signal?: AbortSignal; timeout?: number }): Promise<RegistryHealth> {
    const given = readCallOptions("healthCheck", options, ["signal", "timeout"]);
    const health = await checkAll(this.#clock, this.connectors(), given);
    return this.#closing.begun ? { ...health, healthy: false } : health;
  }

  /**
   * Starts afresh: a new client behind every connector that was opened, the old ones drained and closed. Those never connected, or disconnected, stay so.
   * @throws PoolError `CONNECT_ALL_FAILED` when some do not come back (the others have), `REGISTRY_CLOSED`
   */
  async restart(options?: { signal?: AbortSignal; timeout?: number }): Promise<this> {
    this.#assertOpen("restart");
    const given = readCallOptions("restart", options, ["signal", "timeout"]);
    given.signal?.throwIfAborted();
    const opened = [...this.#connectors].filter(([, { state }]) => state !== "idle" && state !== "closed");
    await settleAll(this.#clock, new Map(opened), (connector) => connector.restart(given));
    return this;
  }

  /** Opens a child for one task: its own connectors, closed together. @throws PoolError `DUPLICATE_SCOPE`, `REGISTRY_CLOSED`, `INVALID_ARGUMENT` */
  scope(id: string, options?: ScopeOptions): Scope {
    this.#assertOpen("open scope", id);
    checkName("scope", id);
    if (this.#scopes.has(id)) throw duplicateScope(id);
    const given = readCallOptions("scope", options, ["signal"]);
    const scope = new Scope(id, given, this.#clock, () => this.#scopes.delete(id));
    this.#scopes.set(id, scope);
    return scope;
  }

  /** The scopes that are open or closing, by id: a snapshot, oldest first. */
  scopes(): ReadonlyMap<string, Scope> {
    return new Map(this.#scopes);
  }

  /**
   * Closes the scopes, then the connectors, last in first out, and waits for what is still connecting or draining. Idempotent; never rejects.
   * @param options.timeout one deadline for all, in ms: it resolves at most 2 s after. Default: each one's own, within 30 s in all
   */
  async close(options?: { timeout?: number }): Promise<void> {
    const { timeout } = readCloseOptions("close", options);
    await this.#closing.run(this.#clock, timeout, () => this.#shutDown(timeout));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #shutDown(timeout: number | undefined): Promise<void> {
    const connectors = [...this.#connectors.values()].map(
      (it) => (left?: number) => it.disconnect(timeoutOption(left)),
    );
    const scopes = [...this.#scopes.values()].map((it) => (left?: number) => it.close(timeoutOption(left)));
    const leaving = [...this.#leaving].map((gone) => () => gone);
    await closeInOrder(this.#clock, [...leaving, ...connectors, ...scopes], timeout);
    for (const connector of this.#connectors.values()) unclaim(connector);
    this.#connectors.clear();
  }

  #assertOpen(wish: string, name?: unknown): void {
    if (this.#closing.begun) throw registryClosed(name === undefined ? wish : `${wish} ${describeValue(name)}`);
  }
}
