import { trace, traced, type MomentEvents, type TracedEvents } from "../events.js";
import { systemClock } from "../time.js";
import { toldValues } from "./statement-values.js";
import { contextHeard, publishStatement, statementEndsHeard } from "./told-ends.js";

const queries = traced("pool:query");

/** What a statement is known by. */
export interface ToldStatement extends Pick<
  MomentEvents["pool:statement"],
  "pool" | "leaseId" | "label" | "statement"
> {
  /** What it was called with. Goes to nobody who has not asked for it. */
  readonly values?: unknown;
}

/** Does anybody trace single statements? That takes the promise of each. */
export function statementsTraced(): boolean {
  return queries.hasSubscribers;
}

/**
 * For adapters: does anybody listen to single statements? For those that would otherwise send several as one, or need something ready to tell
 * of each.
 */
export function statementsHeard(): boolean {
  return statementEndsHeard() || queries.hasSubscribers;
}

/**
 * For adapters: does it matter to anybody who listens in which async context a statement is told? For those that run what others have called, and
 * would keep each caller's context for it.
 */
export function statementContextHeard(): boolean {
  return contextHeard() || queries.hasSubscribers;
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
  if (!statementEndsHeard()) return await traceStatement(told, work);
  const startedAt = now();
  try {
    const result = await (queries.hasSubscribers ? traceStatement(told, work) : work());
    tellEnd(told, startedAt, now(), rowCountOf(result), undefined);
    return result;
  } catch (error) {
    tellEnd(told, startedAt, now(), undefined, { error });
    throw error;
  }
}

/** Runs one statement under the tracing channel. */
export async function traceStatement<T>(
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

function tellEnd(
  { pool, leaseId, label, statement, values }: ToldStatement,
  startedAt: number,
  endedAt: number,
  rowCount: number | undefined,
  failure: { readonly error: unknown } | undefined,
): void {
  const durationMs = endedAt - startedAt;
  const failed = failure !== undefined;
  publishStatement({
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
