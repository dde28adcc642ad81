import { readCall, readClock, readFlag, readSignal, readTimeout } from "../arguments.js";
import { PoolError } from "../errors.js";
import { systemClock, type Clock } from "../time.js";
import type { Connector, ConnectorMap } from "./connector.js";
import { createRegistry } from "./create-registry.js";
import { membersOf } from "./membership.js";
import type { Registry } from "./registry.js";
import { settleAll } from "./settle-all.js";
import { abortable } from "./shared-work.js";
import { lookAfter } from "./supervise.js";
import { supervisedOf } from "./supervised.js";

export interface ConnectAllOptions {
  /** Gives up: closes what is open, and rejects with its reason. */
  signal?: AbortSignal;
  /** Longest time for all of them together, in ms. Default: each connector's own. */
  timeout?: number;
  /** Looks after them from then on: see {@link supervise}. @default true */
  supervise?: boolean;
  /** @default systemClock */
  clock?: Clock;
}

/**
 * Connects every connector of `map` at once, each named by its key, and resolves with their registry. When one fails, what it has
 * opened is closed again before it rejects. Waits for all, so that one error tells every reason. One that is not `critical` may fail: it is `failed`
 * then, and the supervisor goes on trying.
 * @throws PoolError `CONNECT_ALL_FAILED` with which, why and after how long in `details.failures`; `INVALID_ARGUMENT` for a map or name that cannot be one
 */
export async function connectAll<M extends ConnectorMap<M>>(map: M, options?: ConnectAllOptions): Promise<Registry<M>> {
  const { signal, timeout, ...given } = readCall("connectAll", options, ["signal", "timeout", "supervise", "clock"]);
  const { supervise: isSupervised = true, clock = systemClock } = given;
  readSignal("connectAll: signal", signal);
  readTimeout("connectAll: timeout", timeout);
  readFlag("connectAll: supervise", isSupervised);
  readClock("connectAll: clock", clock);
  signal?.throwIfAborted();
  const registry = createRegistry(map, { clock });
  const openBefore = registry.names().filter((name) => hasClient(registry.find(name)));
  const limit = new TimeLimit(clock, timeout, signal);
  try {
    await settleAll(clock, registry.connectors(), (connector) => limit.hold(connector));
    signal?.throwIfAborted();
    if (isSupervised) lookAfter(registry[membersOf], { clock, random: Math.random });
    return registry;
  } catch (error) {
    for (const name of openBefore) registry.release(name);
    await registry.close();
    if (signal?.aborted === true) throw signal.reason;
    throw error;
  } finally {
    limit.end();
  }
}

function hasClient(connector: Connector | undefined): boolean {
  return connector !== undefined && (supervisedOf(connector)?.hasClient ?? connector.isConnected);
}

/** Bounds several connects by one signal and one time. */
class TimeLimit {
  readonly #controller = new AbortController();
  readonly #stop: () => void;

  constructor(clock: Clock, timeout: number | undefined, signal: AbortSignal | undefined) {
    const onAbort = (): void => this.#controller.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const forget = (): void => signal?.removeEventListener("abort", onAbort);
    if (timeout === undefined || timeout === Infinity) {
      this.#stop = forget;
      return;
    }
    const error = new PoolError("CONNECT_TIMEOUT", `did not connect within the ${String(timeout)} ms for all`, {
      details: { timeoutMs: timeout },
    });
    const timer = clock.setTimeout(() => this.#controller.abort(error), timeout);
    this.#stop = () => {
      forget();
      clock.clearTimeout(timer);
    };
  }

  async hold(connector: Connector): Promise<void> {
    const { signal } = this.#controller;
    await abortable(connector.connect({ signal }), signal);
  }

  end(): void {
    this.#stop();
  }
}
