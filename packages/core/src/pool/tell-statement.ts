import { moment, trace, traced, type MomentEvents, type TracedEvents } from "../events.js";
import { systemClock } from "../time.js";
import { toldValues } from "./statement-values.js";

const queries = traced("pool:query");
const statements = moment("pool:statement");

/** What a statement is known by. */
export interface ToldStatement extends Pick<
  MomentEvents["pool:statement"],
  "pool" | "leaseId" | "label" | "statement"
> {
  /** What it was called with. Goes to nobody who has not asked for it. */
  readonly values?: unknown;
}

/**
 * For adapters: does anybody listen to single statements? For those that would otherwise send several as one, or need something ready to tell
 * of each.
 */
export function statementsHeard(): boolean {
  return statements.hasSubscribers || queries.hasSubscribers;
}

/**
 * Runs one statement, and publishes it as `pool:query` and `pool:statement` to those who listen.
 * @param now the clock of its pool, where that has another
 */
export async function tellStatement<T>(
  told: ToldStatement,
  work: () => T | PromiseLike<T>,
  now: () => number = systemClock.now,
): Promise<T> {
  if (!statements.hasSubscribers) return await traceStatement(told, work);
  const startedAt = now();
  try {
    const result = await (queries.hasSubscribers ? traceStatement(told, work) : work());
    publishStatement(told, startedAt, now(), rowCountOf(result), undefined);
    return result;
  } catch (error) {
    publishStatement(told, startedAt, now(), undefined, { error });
    throw error;
  }
}

/** Runs one statement under the tracing channel. */
async function traceStatement<T>(
  { pool, leaseId, label, statement }: ToldStatement,
  work: () => T | PromiseLike<T>,
): Promise<T> {
  const event: TracedEvents["pool:query"] = { pool, leaseId, label, statement };
  return await trace(queries, event, async () => {
    const result = await work();
    const rowCount = rowCountOf(result);
    if (rowCount !== undefined) event.rowCount = rowCount;
    return result;
  });
}

export function publishStatement(
  { pool, leaseId, label, statement, values }: ToldStatement,
  startedAt: number,
  endedAt: number,
  rowCount: number | undefined,
  failure: { readonly error: unknown } | undefined,
): void {
  const durationMs = endedAt - startedAt;
  const failed = failure !== undefined;
  statements.publish({
    pool,
    leaseId,
    label,
    statement,
    values: toldValues(values),
    startedAt,
    durationMs,
    rowCount,
    failed,
    error: failure?.error,
  });
}

export function rowCountOf(result: unknown): number | undefined {
  if (typeof result !== "object" || result === null || !("rowCount" in result)) return undefined;
  return typeof result.rowCount === "number" ? result.rowCount : undefined;
}
