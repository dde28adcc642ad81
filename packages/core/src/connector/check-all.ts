import { PoolError } from "../errors.js";
import { withTimeout, type Clock } from "../time.js";
import type { Connector } from "./connector.js";
import type { Health } from "./health.js";
import { abortable } from "./shared-work.js";
import { supervisedOf } from "./supervised.js";
import { timeoutOption } from "./timeouts.js";

/** What a health check of a whole registry found. */
export interface RegistryHealth {
  /** All of them are. */
  readonly healthy: boolean;
  /** In ms since the epoch. */
  readonly checkedAt: number;
  /** By name. */
  readonly connectors: Readonly<Record<string, Health>>;
}

// A connector keeps its own limit; this one is for connectors that do not.
const LIMIT_MARGIN = 250;
const HEALTH_TIMEOUT = 1_000;

/** Asks every connector at once. One that throws, or never answers, is unhealthy and keeps nobody waiting. Rejects only with the signal's reason. */
export async function checkAll(
  clock: Clock,
  connectors: ReadonlyMap<string, Connector>,
  { signal, timeout }: { signal?: AbortSignal; timeout?: number },
): Promise<RegistryHealth> {
  signal?.throwIfAborted();
  const check = async ([name, connector]: [string, Connector]): Promise<[string, Health]> => {
    const startedAt = clock.now();
    const own = supervisedOf(connector)?.policy.healthCheckTimeout ?? HEALTH_TIMEOUT;
    const limit = (timeout ?? own) + LIMIT_MARGIN;
    const silent = (): PoolError =>
      new PoolError("UNAVAILABLE", `connector "${name}" did not end its health check within ${String(limit)} ms`);
    try {
      const options = signal === undefined ? timeoutOption(timeout) : { signal, ...timeoutOption(timeout) };
      return [name, await withTimeout(clock, limit, silent, () => connector.healthCheck(options))];
    } catch (error) {
      return [name, { healthy: false, latencyMs: clock.now() - startedAt, checkedAt: Date.now(), error }];
    }
  };
  const answers = await abortable(Promise.all([...connectors].map(check)), signal);
  const healthy = answers.every(([, health]) => health.healthy);
  return { healthy, checkedAt: Date.now(), connectors: Object.freeze(Object.fromEntries(answers)) };
}
