import { isPoolError, PoolError, reasonOf } from "../errors.js";
import type { Clock } from "../time.js";
import type { Connector } from "./connector.js";

/** One connector that could not connect: an item of `details.failures` of `CONNECT_ALL_FAILED`. */
export interface ConnectFailure {
  readonly name: string;
  readonly kind: string;
  readonly code: string | undefined;
  readonly reason: string;
  readonly afterMs: number;
}

/**
 * Runs `work` for every connector at once, and waits for all of them, so that every reason is known.
 * @throws PoolError `CONNECT_ALL_FAILED` when a critical one fails: which ones, why and after how long in `details.failures`, the errors in the AggregateError that is its cause
 */
export async function settleAll(
  clock: Clock,
  connectors: ReadonlyMap<string, Connector>,
  work: (connector: Connector) => Promise<unknown>,
): Promise<void> {
  const startedAt = clock.now();
  const failures: ConnectFailure[] = [];
  const errors: unknown[] = [];
  const run = async ([name, connector]: [string, Connector]): Promise<void> => {
    try {
      await work(connector);
    } catch (error) {
      const code = isPoolError(error) ? error.code : undefined;
      const afterMs = Math.round(clock.now() - startedAt);
      failures.push({ name, kind: connector.kind, code, reason: reasonOf(error), afterMs });
      errors.push(error);
    }
  };
  await Promise.all([...connectors].map(run));
  const isCritical = failures.some(({ name }) => connectors.get(name)?.critical !== false);
  if (isCritical) throw allFailed(connectors.size, failures, errors);
}

function allFailed(total: number, failures: readonly ConnectFailure[], errors: readonly unknown[]): PoolError {
  const list = failures.map(
    ({ name, kind, reason, afterMs }) => `"${name}" (${kind}) after ${String(afterMs)} ms: ${reason}`,
  );
  const message = `${String(failures.length)} of ${String(total)} connectors could not connect: ${list.join("; ")}`;
  const cause = new AggregateError(errors, "the reasons, in the order in which they came");
  return new PoolError("CONNECT_ALL_FAILED", message, { cause, details: { failures } });
}
