import { unlessAborted } from "../aborts.js";
import { PoolError, reasonOf } from "../errors.js";
import { invalidOptions, readOptions, type OptionTable } from "../options.js";
import { checkFactory } from "./arguments.js";
import { bound } from "./bound-factory.js";
import type { ResourceFactory } from "./factory.js";

/** What to do with a resource at a moment of its life. Each may refuse it by throwing or rejecting: it is closed, and the caller gets another. */
export interface PoolHooks<R> {
  /** Once, when it has been opened: settings that last. A refusal counts as a failed connect. Bounded by `connectTimeout`, as part of the connect. */
  afterConnect?(resource: R, signal: AbortSignal): unknown;
  /** Before every loan. Bounded by `validateTimeout`. */
  beforeLend?(resource: R, signal: AbortSignal): unknown;
  /** After every return, when it has been reset. Bounded by `validateTimeout`. */
  afterReturn?(resource: R, signal: AbortSignal): unknown;
}

const hookOptions: OptionTable<PoolHooks<unknown>> = {
  afterConnect: { type: "function", doc: "Once, when a resource has been opened." },
  beforeLend: { type: "function", doc: "Before every loan." },
  afterReturn: { type: "function", doc: "After every return." },
};

/** The factory with hooks around it. @throws PoolError `INVALID_OPTIONS` for what is no hook */
export function withHooks<R>(factory: ResourceFactory<R>, hooks: PoolHooks<R>): ResourceFactory<R> {
  checkFactory(factory, "withHooks");
  checkHooks(hooks);
  const decorated: ResourceFactory<R> = {
    ...bound(factory),
    async create(context) {
      const { signal } = context;
      const resource = await factory.create(context);
      try {
        await unlessAborted(signal, () => hooks.afterConnect?.(resource, signal));
      } catch (error) {
        await closeUnseen(factory, resource, !signal.aborted);
        signal.throwIfAborted();
        throw refused("afterConnect", factory.kind, error);
      }
      return resource;
    },
  };
  if (hooks.beforeLend !== undefined) {
    Object.assign(decorated, {
      validateAlways: true,
      async validate(resource: R, signal: AbortSignal, about: { readonly stale: boolean }) {
        if (about.stale || factory.validateAlways === true) await factory.validate?.(resource, signal, about);
        signal.throwIfAborted();
        await refusing("beforeLend", factory.kind, () => hooks.beforeLend?.(resource, signal));
      },
    });
  }
  if (hooks.afterReturn !== undefined) {
    Object.assign(decorated, {
      // The hook runs after every return, so none is clean by itself.
      status: (resource: R) => ({ ...factory.status?.(resource), clean: false }),
      async reset(resource: R, signal: AbortSignal) {
        await resetUnlessClean(factory, resource, signal);
        signal.throwIfAborted();
        await refusing("afterReturn", factory.kind, () => hooks.afterReturn?.(resource, signal));
      },
    });
  }
  return decorated;
}

/** A misspelt hook would never run. Those of a class are on its prototype and not looked at. */
function checkHooks(hooks: unknown): void {
  if (typeof hooks !== "object" || hooks === null) throw invalidOptions("withHooks", ["hooks must be an object"]);
  if ([Object.prototype, null].includes(Object.getPrototypeOf(hooks) as null))
    readOptions(hookOptions, hooks, "withHooks");
}

/** Of a resource that the pool has not seen; how long it is waited for is bounded with the connect. */
async function closeUnseen<R>(factory: ResourceFactory<R>, resource: R, graceful: boolean): Promise<void> {
  try {
    await factory.close(resource, { graceful });
  } catch {
    // Why it is closed is the reason that helps.
  }
}

/** What the pool would do by itself, had the hook not made it ask after every return. */
async function resetUnlessClean<R>(factory: ResourceFactory<R>, resource: R, signal: AbortSignal): Promise<void> {
  const status = factory.status?.(resource);
  const inTransaction = status?.inTransaction === true;
  if (status?.clean === true && !inTransaction) return;
  if (factory.reset !== undefined) await factory.reset(resource, signal);
  else if (inTransaction) throw new Error("a transaction is open, and the factory has no reset to end it");
}

async function refusing(hook: string, kind: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    throw refused(hook, kind, error);
  }
}

function refused(hook: string, kind: string, error: unknown): PoolError {
  return new PoolError("HOOK_REFUSED", `${hook} refused a ${kind} resource: ${reasonOf(error)}`, { cause: error });
}
