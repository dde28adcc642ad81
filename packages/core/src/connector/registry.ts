import { readName } from "../arguments.js";
import type { Clock } from "../time.js";
import type { Connector, ConnectorMap } from "./connector.js";
import { checkAll, type RegistryHealth } from "./check-all.js";
import { Members } from "./members.js";
import { membersOf, type Membership } from "./membership.js";
import { checkConnector, checkName } from "./naming.js";
import {
  findReadiness,
  type Liveness,
  type Readiness,
  type ReadinessOptions,
  readReadinessOptions,
} from "./readiness.js";
import { notFound } from "./registry-errors.js";
import type { Scope, ScopeOptions } from "./scope.js";
import { settleAll } from "./settle-all.js";
import { readCallOptions, readCloseOptions } from "./timeouts.js";

/** The named connectors of one process, with one lifetime. Make one with {@link createRegistry} or {@link connectAll}. */
export class Registry<out M extends ConnectorMap<M> = Record<string, Connector>> implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #members: Members;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#members = new Members(clock);
  }

  get [membersOf](): Membership {
    return this.#members;
  }

  /** The connector of that name, with its own type. @throws PoolError `CONNECTOR_NOT_FOUND` naming the known ones, `REGISTRY_CLOSED` */
  get<K extends keyof M & string>(name: K): M[K] {
    this.#members.assertOpen("look up", name);
    readName("get: name", name);
    // The type of each entry is what `map` or the caller says; names outside it do not compile.
    return (this.#members.connectors.get(name) ?? notFound(name, this.names())) as M[K];
  }

  /** For names that are known at run time only. Never throws; undefined also once the registry is closed. */
  find(name: string): Connector | undefined {
    return this.#members.connectors.get(name);
  }

  has(name: string): boolean {
    return this.#members.connectors.has(name);
  }

  /** In the order of registration. */
  names(): readonly string[] {
    return [...this.#members.connectors.keys()];
  }

  /** A snapshot, in the order of registration. */
  connectors(): ReadonlyMap<string, Connector> {
    return new Map(this.#members.connectors);
  }

  /**
   * Adds a connector, names it, and closes it with the rest. Does not connect it. Returns it with its type.
   * @throws PoolError `DUPLICATE_CONNECTOR`, `REGISTRY_CLOSED`, `INVALID_ARGUMENT` when it has another name or belongs to another registry or scope
   */
  register<C extends Connector>(name: string, connector: C): C {
    this.#members.assertOpen("register", name);
    checkName("connector", name);
    checkConnector(name, connector);
    this.#members.add(name, connector);
    return connector;
  }

  /** Takes a connector out without closing it: it is the caller's from now on. @throws PoolError `CONNECTOR_NOT_FOUND`, `REGISTRY_CLOSED` */
  release(name: string): Connector {
    this.#members.assertOpen("release", name);
    readName("release: name", name);
    const connector = this.#members.connectors.get(name) ?? notFound(name, this.names());
    this.#members.take(name, connector);
    return connector;
  }

  /** Takes a connector out at once and disconnects it. @throws PoolError `CONNECTOR_NOT_FOUND`, `REGISTRY_CLOSED` */
  async remove(name: string, options?: { timeout?: number }): Promise<void> {
    const given = readCloseOptions("remove", options);
    await this.#members.leave(this.release(name).disconnect(given));
  }

  /**
   * Asks every backend at once, over a snapshot, each apart from the others' failures. Healthy when all are; never healthy once closed.
   * Rejects only with the signal's reason. @param options.timeout for each, in ms. @default 1_000
   */
  async healthCheck(options?: { signal?: AbortSignal; timeout?: number }): Promise<RegistryHealth> {
    const given = readCallOptions("healthCheck", options, ["signal", "timeout"]);
    const health = await checkAll(this.#clock, this.connectors(), given);
    return this.#members.closing ? { ...health, healthy: false } : health;
  }

  /** Is the process itself able to work? That this answers is the proof; no backend is asked, since restarting the process mends none. */
  liveness(): Liveness {
    return { live: true, closing: this.#members.closing };
  }

  /**
   * Shall the process be given work? Yes while every critical connector serves; those that are not critical are listed. Cheap: it takes what is known already,
   * and asks a backend only where that is older than `maxAge`, however many callers there are. Never rejects but with `INVALID_ARGUMENT` and the signal's reason.
   */
  async readiness(options?: ReadinessOptions): Promise<Readiness> {
    return findReadiness(this.#clock, this.#members, readReadinessOptions(options));
  }

  /**
   * Starts afresh: a new client behind every connector that was opened, the old ones drained and closed. Those never connected, or disconnected, stay so.
   * @throws PoolError `CONNECT_ALL_FAILED` when some do not come back (the others have), `REGISTRY_CLOSED`
   */
  async restart(options?: { signal?: AbortSignal; timeout?: number }): Promise<this> {
    this.#members.assertOpen("restart");
    const given = readCallOptions("restart", options, ["signal", "timeout"]);
    given.signal?.throwIfAborted();
    await settleAll(this.#clock, this.#members.opened(), (connector) => connector.restart(given));
    return this;
  }

  /** Opens a child for one task: its own connectors, closed together. @throws PoolError `DUPLICATE_SCOPE`, `REGISTRY_CLOSED`, `INVALID_ARGUMENT` */
  scope(id: string, options?: ScopeOptions): Scope {
    this.#members.assertOpen("open scope", id);
    checkName("scope", id);
    return this.#members.openScope(id, options);
  }

  /** The scopes that are open or closing, by id: a snapshot, oldest first. */
  scopes(): ReadonlyMap<string, Scope> {
    return new Map(this.#members.scopes);
  }

  /**
   * Closes the scopes, then the connectors, last in first out, and waits for what is still connecting or draining. Idempotent; never rejects.
   * @param options.timeout one deadline for all, in ms: it resolves at most 2 s after. Default: each one's own, within 30 s in all
   */
  async close(options?: { timeout?: number }): Promise<void> {
    const { timeout } = readCloseOptions("close", options);
    await this.#members.close(timeout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
