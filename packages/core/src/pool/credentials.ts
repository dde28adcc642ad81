import { readFunction, readObject } from "../arguments.js";
import { unlessAborted } from "../aborts.js";
import { readOptions, type OptionTable } from "../options.js";
import type { Duration } from "../time.js";
import { bound } from "./bound-factory.js";
import type { ResourceFactory } from "./factory.js";

// What is fetched for several connects is bounded by itself, in ms; each connect waits only as long as it may.
const LONGEST_FETCH = 30_000;

/** A factory that makes each connection with the credentials of the moment. */
export interface CredentialOptions<C> {
  /** Fetches credentials; `refresh` is true when the last ones were refused or are over. */
  provide(context: { readonly signal: AbortSignal; readonly refresh: boolean }): C | PromiseLike<C>;
  /** Is this connect error a refusal of the credentials? Then they are fetched anew, once, before the connect fails. */
  isRefused(error: unknown): boolean;
  /** How long fetched ones are used again, in ms. @default 0, fetched for each connect */
  cacheFor?: Duration;
}

const credentialOptions: OptionTable<CredentialOptions<unknown>> = {
  provide: { type: "function", required: true, doc: "Fetches credentials." },
  isRefused: { type: "function", required: true, doc: "Is this connect error a refusal of the credentials?" },
  cacheFor: { type: "duration", never: true, default: 0, doc: "How long fetched ones are used again." },
};

/** Decorates `make`, which needs credentials to open a resource, with a provider that may rotate them. @throws PoolError `INVALID_OPTIONS` */
export function withCredentials<R, C>(
  make: (credentials: C) => ResourceFactory<R>,
  template: Omit<ResourceFactory<R>, "create">,
  options: CredentialOptions<C>,
): ResourceFactory<R> {
  readFunction("withCredentials: make", make);
  readObject("withCredentials: template", template);
  const { cacheFor } = readOptions(credentialOptions, options, "withCredentials") as { readonly cacheFor: number };
  let cached: { readonly credentials: Promise<C>; readonly until: number } | undefined;
  const fetch = (signal: AbortSignal, refresh: boolean): Promise<C> => {
    if (cacheFor === 0) return provide(options, signal, refresh);
    const now = performance.now();
    if (refresh || cached === undefined || now >= cached.until) {
      // Several connects wait for these: one that is given up must not take them from the others.
      const credentials = provide(options, AbortSignal.timeout(LONGEST_FETCH), refresh);
      const entry = { credentials, until: now + cacheFor };
      cached = entry;
      credentials.catch(() => {
        if (cached === entry) cached = undefined; // a failure is not worth keeping
      });
    }
    const { credentials } = cached;
    return unlessAborted(signal, () => credentials);
  };
  return {
    ...bound(template),
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

async function provide<C>(options: CredentialOptions<C>, signal: AbortSignal, refresh: boolean): Promise<C> {
  return options.provide({ signal, refresh });
}
