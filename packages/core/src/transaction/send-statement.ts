import type { SqlContext } from "./context.js";
import type { QueryOptions } from "./sql.js";
import type { Done } from "./sql-driver.js";
import type { StatementCall } from "./statement-call.js";

/**
 * Hands a statement to the driver, or its resource to the work that stands for one. `done` is told of the end.
 * @returns what to abort to have it cancelled; undefined where the driver is asked instead, or nothing could ever stop it: a controller for each
 * statement costs as much as half of the others' work on it
 */
export function sendStatement<R>(
  { driver, queryTimeout }: SqlContext<R>,
  call: StatementCall,
  resource: R,
  done: Done<unknown>,
): AbortController | undefined {
  const { text, values, work, timeout = queryTimeout.ms } = call;
  if (work !== undefined) {
    const controller = new AbortController();
    const { signal } = controller;
    settle(Promise.resolve(work(resource as never, { signal, label: call.label })), done); // `use` takes works for resources of its client alone
    return controller;
  }
  if (driver.cancel !== undefined && driver.start !== undefined) {
    driver.start(resource, text, values, optionsOf(call, undefined), done);
    return undefined;
  }
  const mayStop = timeout !== Infinity || call.signal !== undefined || call.transactionSignal !== undefined;
  const controller = driver.cancel === undefined && mayStop ? new AbortController() : undefined;
  settle(driver.query(resource, text, values, optionsOf(call, controller?.signal)), done);
  return controller;
}

const NO_OPTIONS: QueryOptions = Object.freeze({});

function optionsOf({ label, own }: StatementCall, signal: AbortSignal | undefined): QueryOptions {
  if (signal === undefined && label === undefined) return own ?? NO_OPTIONS;
  return { ...own, ...(signal !== undefined && { signal }), ...(label !== undefined && { label }) };
}

function settle(running: PromiseLike<unknown>, done: Done<unknown>): void {
  running.then(
    (result) => done.resolve(result),
    (error: unknown) => done.reject(error),
  );
}
