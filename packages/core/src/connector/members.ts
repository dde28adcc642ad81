import { describeValue } from "../options-text.js";
import type { Clock } from "../time.js";
import { closeInOrder, closerOf, closeWithin, type Closer, Closing } from "./close-in-order.js";
import type { Connector } from "./connector.js";
import { membersOf, type Membership } from "./membership.js";
import { claim, unclaim } from "./naming.js";
import { duplicateName, duplicateScope, registryClosed } from "./registry-errors.js";
import { Scope, type ScopeOptions } from "./scope.js";
import { readCallOptions } from "./timeouts.js";

/** What a registry holds, from its coming to its end. */
export class Members implements Membership {
  readonly connectors = new Map<string, Connector>();
  readonly scopes = new Map<string, Scope>();
  readonly #clock: Clock;
  readonly #leaving = new Set<Promise<void>>();
  readonly #closing = new Closing();
  readonly #watchers = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get closing(): boolean {
    return this.#closing.begun;
  }

  list(): readonly Connector[] {
    if (this.closing) return [];
    return [...this.connectors.values(), ...[...this.scopes.values()].flatMap((scope) => scope[membersOf]())];
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Those in a scope have changed. */
  readonly changed = (): void => {
    for (const watcher of [...this.#watchers]) watcher();
  };

  /** Those that were connected and not disconnected since. */
  opened(): ReadonlyMap<string, Connector> {
    return new Map([...this.connectors].filter(([, { state }]) => state !== "idle" && state !== "closed"));
  }

  /** @throws PoolError `REGISTRY_CLOSED` naming the wish that comes too late */
  assertOpen(wish: string, name?: unknown): void {
    if (this.closing) throw registryClosed(name === undefined ? wish : `${wish} ${describeValue(name)}`);
  }

  /** @throws PoolError `DUPLICATE_CONNECTOR`, `INVALID_ARGUMENT` */
  add(name: string, connector: Connector): void {
    if (this.connectors.has(name)) throw duplicateName(name, [...this.connectors.keys()]);
    claim(connector, "a registry", name);
    this.connectors.set(name, connector);
    this.changed();
  }

  take(name: string, connector: Connector): void {
    this.connectors.delete(name);
    unclaim(connector);
    this.changed();
  }

  /** @throws PoolError `DUPLICATE_SCOPE`, `INVALID_ARGUMENT` */
  openScope(id: string, options: ScopeOptions | undefined): Scope {
    if (this.scopes.has(id)) throw duplicateScope(id);
    const given = readCallOptions("scope", options, ["signal"]);
    const onClosed = (): void => void this.scopes.delete(id);
    const scope = new Scope(id, given, this.#clock, { onChange: this.changed, onClosed });
    this.scopes.set(id, scope);
    return scope;
  }

  /** Waits for the end of one that was taken out; `close` does as well. */
  async leave(gone: Promise<void>): Promise<void> {
    this.#leaving.add(gone);
    await gone.finally(() => this.#leaving.delete(gone));
  }

  /** The scopes, then the connectors, last in first out, then what is leaving. Whoever looks after them lets go first. */
  async close(timeout: number | undefined): Promise<void> {
    await this.#closing.run(this.#clock, timeout, async () => {
      this.changed();
      const connectors = [...this.connectors.values()].map(closerOf);
      const scopes = [...this.scopes.values()].map(
        (it): Closer =>
          (given, left) =>
            it[closeWithin](given, left),
      );
      const leaving = [...this.#leaving].map((gone) => () => gone);
      await closeInOrder(this.#clock, [...leaving, ...connectors, ...scopes], timeout);
      for (const connector of this.connectors.values()) unclaim(connector);
      this.connectors.clear();
    });
  }
}
