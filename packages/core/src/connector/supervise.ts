import { readCall, readClock, readFunction, readObject } from "../arguments.js";
import { PoolError } from "../errors.js";
import { systemClock, type Clock } from "../time.js";
import type { Connector } from "./connector.js";
import { Keeper, type KeeperOptions } from "./keeper.js";
import { membersOf, type Membership } from "./membership.js";
import { checkConnector } from "./naming.js";
import { supervisedOf, type Supervised } from "./supervised.js";

export interface SuperviseOptions {
  /** @default systemClock */
  clock?: Clock;
  /** Numbers from 0 up to 1, for jitter. @default Math.random */
  random?: () => number;
}

/** Looks after connectors until it is disposed, or what it was given for is closed. */
export interface Supervisor extends Disposable {
  /** The names of those it looks after now. */
  readonly connectors: readonly string[];
  /** Calls off what is under way, and begins nothing any more. Idempotent. The connectors stay as they are. */
  stop(): void;
}

/**
 * Looks after connectors in the background, each by its own options ({@link SupervisionOptions}) and apart from the others' failures: checks how they are,
 * and brings back what was lost. `connectAll` does so by itself; this is for connectors held by hand, and for a registry that was made with
 * `createRegistry`, whose later connectors and scopes are looked after as well. Its timers let an idle process exit. A connector that was not
 * made by `defineConnector` is left alone.
 * @throws PoolError `INVALID_ARGUMENT` for one that somebody looks after already
 */
export function supervise(
  target: Iterable<Connector> | { readonly [membersOf]: Membership },
  options?: SuperviseOptions,
): Supervisor {
  const { clock = systemClock, random = Math.random } = readCall("supervise", options, ["clock", "random"]);
  readClock("supervise: clock", clock);
  readFunction("supervise: random", random);
  const membership = membershipOf(target);
  for (const connector of membership.list()) {
    if (supervisedOf(connector)?.supervisor === undefined) continue;
    throw new PoolError("INVALID_ARGUMENT", `supervise: connector "${connector.name}" has a supervisor already`);
  }
  return lookAfter(membership, { clock, random });
}

/** The same without a look at the arguments. Leaves alone whom somebody else looks after. */
export function lookAfter(membership: Membership, options: KeeperOptions): Supervisor {
  return new Supervision(membership, options);
}

class Supervision implements Supervisor {
  readonly #membership: Membership;
  readonly #options: KeeperOptions;
  readonly #keepers = new Map<Supervised, Keeper>();
  readonly #unwatch: () => void;
  #stopped = false;

  constructor(membership: Membership, options: KeeperOptions) {
    this.#membership = membership;
    this.#options = options;
    this.#unwatch = membership.watch(() => this.#follow());
    this.#follow();
  }

  get connectors(): readonly string[] {
    return [...this.#keepers.keys()].map(({ name }) => name);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unwatch();
    for (const keeper of this.#keepers.values()) keeper.stop();
    this.#keepers.clear();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** Takes up those that came, and lets go of those that went. */
  #follow(): void {
    const present = new Set(this.#membership.list().map(supervisedOf));
    for (const [it, keeper] of this.#keepers) {
      if (present.has(it)) continue;
      this.#keepers.delete(it);
      keeper.stop();
    }
    for (const it of present) {
      if (it === undefined || it.supervisor !== undefined) continue;
      this.#keepers.set(it, new Keeper(it, this.#options));
    }
  }
}

function membershipOf(target: Iterable<Connector> | { readonly [membersOf]: Membership }): Membership {
  readObject("supervise: target", Array.isArray(target) ? {} : target);
  if (membersOf in target) return target[membersOf];
  readFunction("supervise: target[Symbol.iterator]", target[Symbol.iterator]);
  const connectors = [...new Set(target)];
  connectors.forEach((connector, index) => checkConnector(`supervise: connector ${String(index + 1)}`, connector));
  return { list: () => connectors, watch: () => () => undefined };
}
