import { readFunction, readObject } from "../arguments.js";
import { unlessAborted } from "../aborts.js";
import { clockShape } from "../clock-option.js";
import { readOptions, type OptionTable } from "../options.js";
import { systemClock, type Clock, type Duration } from "../time.js";
import { bound } from "./bound-factory.js";
import type { ResourceFactory } from "./factory.js";
import { SharedFetches } from "./shared-fetches.js";

/** A factory that makes each connection with the credentials of the moment. */
export interface CredentialOptions<C> {
  /** Fetches credentials; `refresh` is true when the last ones were refused or are over. */
  provide(context: { readonly signal: AbortSignal; readonly refresh: boolean }): C | PromiseLike<C>;
  /** Is this connect error a refusal of the credentials? Then they are fetched anew, once, before the connect fails. */
  isRefused(error: unknown): boolean;
  /**
   * How long fetched ones are used again, in ms. One fetch then serves all connects that begin within 2 s of it, and is given up after 30 s.
   * @default 0, fetched for each connect
   */
  cacheFor?: Duration;
  /** Time for tests. @default the system's clock */
  clock?: Clock;
}

const credentialOptions: OptionTable<CredentialOptions<unknown>> = {
  provide: { type: "function", required: true, doc: "Fetches credentials." },
  isRefused: { type: "function", required: true, doc: "Is this connect error a refusal of the credentials?" },
  cacheFor: { type: "duration", never: true, default: 0, doc: "How long fetched ones are used again." },
  clock: { ...clockShape, doc: "Time for tests. Default: the system's clock." },
};

/** Decorates `make`, which needs credentials to open a resource, with a provider that may rotate them. @throws PoolError `INVALID_OPTIONS` */
export function withCredentials<R, C>(
  make: (credentials: C) => ResourceFactory<R>,
  template: Omit<ResourceFactory<R>, "create">,
  options: CredentialOptions<C>,
): ResourceFactory<R> {
  readFunction("withCredentials: make", make);
  readObject("withCredentials: template", template);
  const { cacheFor, clock = systemClock } = readOptions(credentialOptions, options, "withCredentials") as {
    readonly cacheFor: number;
    readonly clock?: Clock;
  };
  const shared = cacheFor === 0 ? undefined : new SharedFetches((context) => options.provide(context), cacheFor, clock);
  const fetch = (signal: AbortSignal, refresh: boolean): Promise<C> =>
    unlessAborted(signal, () => shared?.get(refresh) ?? options.provide({ signal, refresh }));
  return {
    ...bound(template),
    async create(context) {
      const { signal } = context;
      try {
        return await make(await fetch(signal, false)).create(context);
      } catch (error) {
        if (signal.aborted || !isRefused(options, error)) throw error;
        return make(await fetch(signal, true)).create(context);
      }
    },
  };
}

function isRefused<C>(options: CredentialOptions<C>, error: unknown): boolean {
  try {
    return options.isRefused(error);
  } catch {
    return false; // the error of the connect says more than one about it
  }
}
