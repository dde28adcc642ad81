import { invalidArgument } from "../arguments.js";
import { TransactionScope } from "./scope.js";
import { SqlSession } from "./session.js";

/** The classes of what the works of one client are handed. */
export interface Handles<R> {
  readonly Session: typeof SqlSession<R>;
  readonly Scope: typeof TransactionScope<R>;
}

/** Core's own, with the adapter's methods beside theirs: on a prototype that is made once, so that a session costs nothing more. */
export function makeHandles<R>(extend: object | undefined): Handles<R> {
  if (extend === undefined) return { Session: SqlSession, Scope: TransactionScope };
  class ExtendedSession extends SqlSession<R> {}
  class ExtendedScope extends TransactionScope<R> {}
  addMethods(ExtendedSession.prototype, extend);
  addMethods(ExtendedScope.prototype, extend);
  return { Session: ExtendedSession, Scope: ExtendedScope };
}

/** `bound`: they keep their `this` when they are taken off. @throws PoolError `INVALID_ARGUMENT` for what is no method, and for a name that is taken */
export function addMethods(target: object, extend: object, { bound = false } = {}): void {
  for (const [name, method] of Object.entries(extend as Record<string, unknown>)) {
    if (typeof method !== "function") throw invalidArgument(`createSqlClient: extend.${name} must be a function`);
    if (name in target) throw invalidArgument(`createSqlClient: extend.${name} would hide what is there already`);
    const value: unknown = bound ? method.bind(target) : method;
    Object.defineProperty(target, name, { value, enumerable: bound, configurable: true, writable: true });
  }
}
