import { PoolError, reasonOf } from "../errors.js";
import type { ResourceFactory } from "./factory.js";

/** What to do with a resource at a moment of its life. Each may refuse it by throwing or rejecting: it is closed, and the caller gets another. */
export interface PoolHooks<R> {
  /** Once, when it has been opened: settings that last. A refusal counts as a failed connect. */
  afterConnect?(resource: R, signal: AbortSignal): unknown;
  /** Before every loan. Bounded by `validateTimeout`. */
  beforeLend?(resource: R, signal: AbortSignal): unknown;
  /** After every return, when it has been reset. Bounded by `validateTimeout`. */
  afterReturn?(resource: R, signal: AbortSignal): unknown;
}

/** The factory with hooks around it. */
export function withHooks<R>(factory: ResourceFactory<R>, hooks: PoolHooks<R>): ResourceFactory<R> {
  const { afterConnect, beforeLend, afterReturn } = hooks;
  const decorated: ResourceFactory<R> = {
    ...bound(factory),
    async create(context) {
      const resource = await factory.create(context);
      try {
        await afterConnect?.(resource, context.signal);
      } catch (error) {
        try {
          await factory.close(resource, { graceful: true });
        } catch {
          // What the hook said is the reason that helps.
        }
        throw refused("afterConnect", factory.kind, error);
      }
      return resource;
    },
  };
  if (beforeLend !== undefined) {
    Object.assign(decorated, {
      validateAlways: true,
      async validate(resource: R, signal: AbortSignal, about: { readonly stale: boolean }) {
        if (about.stale || factory.validateAlways === true) await factory.validate?.(resource, signal, about);
        await refusing("beforeLend", factory.kind, () => beforeLend(resource, signal));
      },
    });
  }
  if (afterReturn !== undefined) {
    Object.assign(decorated, {
      // The hook runs after every return, so none is clean by itself.
      status: (resource: R) => ({ ...factory.status?.(resource), clean: false }),
      async reset(resource: R, signal: AbortSignal) {
        await resetUnlessClean(factory, resource, signal);
        await refusing("afterReturn", factory.kind, () => afterReturn(resource, signal));
      },
    });
  }
  return decorated;
}

/** A factory that makes each connection with the credentials of the moment. */
export interface CredentialOptions<C> {
  /** Fetches credentials; `refresh` is true when the last ones were refused or are over. */
  provide(context: { readonly signal: AbortSignal; readonly refresh: boolean }): C | PromiseLike<C>;
  /** Is this connect error a refusal of the credentials? Then they are fetched anew, once, before the connect fails. */
  isRefused(error: unknown): boolean;
  /** How long fetched ones are used again, in ms. @default 0, fetched for each connect */
  cacheFor?: number;
}

/** Decorates `make`, which needs credentials to open a resource, with a provider that may rotate them. */
export function withCredentials<R, C>(
  make: (credentials: C) => ResourceFactory<R>,
  template: Omit<ResourceFactory<R>, "create">,
  options: CredentialOptions<C>,
): ResourceFactory<R> {
  let cached: { readonly credentials: PromiseLike<C>; readonly until: number } | undefined;
  const fetch = (signal: AbortSignal, refresh: boolean): PromiseLike<C> => {
    const now = performance.now();
    if (!refresh && cached !== undefined && now < cached.until) return cached.credentials;
    const credentials = (async () => options.provide({ signal, refresh }))();
    const entry = { credentials, until: now + (options.cacheFor ?? 0) };
    cached = entry;
    credentials.catch(() => {
      if (cached === entry) cached = undefined; // a failure is not worth keeping
    });
    return credentials;
  };
  return {
    ...template,
    async create(context) {
      try {
        return await make(await fetch(context.signal, false)).create(context);
      } catch (error) {
        if (!options.isRefused(error) || context.signal.aborted) throw error;
        return make(await fetch(context.signal, true)).create(context);
      }
    },
  };
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

/** A factory may be a class instance, whose methods do not survive a spread. */
function bound<R>(factory: ResourceFactory<R>): ResourceFactory<R> {
  return {
    kind: factory.kind,
    create: (context) => factory.create(context),
    close: (resource, how) => factory.close(resource, how),
    ...(factory.validateAlways !== undefined && { validateAlways: factory.validateAlways }),
    ...(factory.validate && { validate: factory.validate.bind(factory) }),
    ...(factory.reset && { reset: factory.reset.bind(factory) }),
    ...(factory.status && { status: factory.status.bind(factory) }),
    ...(factory.isFatal && { isFatal: factory.isFatal.bind(factory) }),
  };
}
