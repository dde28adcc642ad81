import { unlessAborted } from "../aborts.js";
import { PoolError } from "../errors.js";
import type { Clock } from "../time.js";

// A fetch is bounded by itself, in ms: what comes after its connects have given up serves those to come.
const LONGEST_FETCH = 30_000;
// One that takes longer may hang. Who comes then begins another beside it.
const SHARED_FOR = 2_000;

type Provide<C> = (context: { readonly signal: AbortSignal; readonly refresh: boolean }) => C | PromiseLike<C>;

interface Fetch<C> {
  readonly credentials: Promise<C>;
  readonly startedAt: number;
  readonly refresh: boolean;
  isUnderWay: boolean;
}

/** Credentials that several connects share: while they are fetched, and for `cacheFor` ms from then. One connect that is given up takes them from nobody. */
export class SharedFetches<C> {
  readonly #provide: Provide<C>;
  readonly #cacheFor: number;
  readonly #clock: Clock;
  #last: Fetch<C> | undefined;

  constructor(provide: Provide<C>, cacheFor: number, clock: Clock) {
    this.#provide = provide;
    this.#cacheFor = cacheFor;
    this.#clock = clock;
  }

  get(refresh: boolean): Promise<C> {
    const last = this.#last;
    const now = this.#clock.now();
    if (refresh || last === undefined) return this.#start(now, refresh);
    const isGoodFor = last.isUnderWay ? SHARED_FOR : this.#cacheFor;
    return now - last.startedAt < isGoodFor ? last.credentials : this.#start(now, refresh);
  }

  #start(startedAt: number, refresh: boolean): Promise<C> {
    const fetch = { credentials: this.#fetch(refresh), startedAt, refresh, isUnderWay: true };
    this.#last = fetch;
    fetch.credentials.then(
      () => this.#succeeded(fetch),
      () => {
        if (this.#last === fetch) this.#last = undefined; // a failure is not worth keeping
      },
    );
    return fetch.credentials;
  }

  /** An older one serves as long as a newer one is not there, unless that was begun since the older credentials are over. */
  #succeeded(fetch: Fetch<C>): void {
    fetch.isUnderWay = false;
    const last = this.#last;
    if (last === undefined || (last.isUnderWay && !last.refresh) || last.startedAt < fetch.startedAt)
      this.#last = fetch;
  }

  async #fetch(refresh: boolean): Promise<C> {
    const controller = new AbortController();
    const { signal } = controller;
    const timer = this.#clock.setTimeout(() => controller.abort(tookTooLong()), LONGEST_FETCH);
    timer.unref();
    try {
      return await unlessAborted(signal, () => this.#provide({ signal, refresh }));
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }
}

function tookTooLong(): PoolError {
  const message = `fetching credentials took longer than ${String(LONGEST_FETCH)} ms`;
  return new PoolError("CONNECT_TIMEOUT", message, { details: { timeoutMs: LONGEST_FETCH } });
}
