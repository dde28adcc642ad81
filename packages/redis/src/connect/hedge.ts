import { BackOff, type Clock, type CreateContext, type ResourceFactory, type Timer } from "@pool/core";

/** Open at once. The second makes room for the next, so that the first keeps its whole time for a server that is merely slow. */
const MOST = 2;
const CALLED_OFF = new Error("another connect is tried in its place, or was quicker");

/** It was called off for another, which says nothing of the server. */
export function isCalledOff({ reason }: AbortSignal): boolean {
  return reason === CALLED_OFF;
}

/**
 * The factory, each of whose connects that takes long is tried again beside the first, which may hang. Once one succeeds the others are called off.
 * @param isWanted does anybody wait for it still?
 */
export function hedged<R>(factory: ResourceFactory<R>, clock: Clock, isWanted: () => boolean): ResourceFactory<R> {
  const backOff = new BackOff({ random: () => 0 }); // the pool has the pauses
  return {
    ...factory,
    create: async (context) => {
      try {
        const resource = await new Hedge(factory, context, { clock, backOff, isWanted }).winner;
        backOff.succeeded();
        return resource;
      } catch (error) {
        backOff.failed(error);
        throw error;
      }
    },
  };
}

interface HedgeOptions {
  readonly clock: Clock;
  readonly backOff: BackOff;
  isWanted(): boolean;
}

class Hedge<R> {
  readonly winner: Promise<R>;
  readonly #factory: ResourceFactory<R>;
  readonly #context: CreateContext;
  readonly #options: HedgeOptions;
  readonly #settle: { resolve(resource: R): void; reject(error: unknown): void };
  readonly #underWay: AbortController[] = [];
  #timer: Timer | undefined;
  #first: AbortController | undefined;
  #hasEnded = false;
  /** Those that are called off are open until they have failed. */
  #open = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(factory: ResourceFactory<R>, context: CreateContext, options: HedgeOptions) {
    this.#factory = factory;
    this.#context = context;
    this.#options = options;
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    this.winner = promise;
    this.#settle = { resolve, reject };
    this.#start();
  }

  #start(): void {
    const one = new AbortController();
    this.#underWay.push(one);
    this.#open++;
    this.#startAnother();
    const signal = AbortSignal.any([this.#context.signal, one.signal]);
    const lost = (cause?: unknown): void => {
      if (this.#first === undefined || this.#first === one) this.#context.lost(cause);
    };
    this.#factory.create({ signal, lost }).then(
      (resource) => this.#opened(one, resource),
      (error: unknown) => this.#failed(one, error),
    );
  }

  #startAnother(): void {
    const { clock, backOff } = this.#options;
    this.#timer = clock.setTimeout(() => this.#makeRoom(), backOff.slowAfter);
  }

  #makeRoom(): void {
    if (this.#context.signal.aborted) return;
    if (!this.#options.isWanted()) this.#startAnother();
    else if (this.#underWay.length < MOST) this.#start();
    else this.#underWay.pop()?.abort(CALLED_OFF); // the next one begins when it is closed
  }

  #opened(one: AbortController, resource: R): void {
    this.#open--;
    if (this.#hasEnded) return void this.#factory.close(resource, { graceful: false });
    this.#leave(one);
    this.#first = one;
    this.#stop();
    for (const other of this.#underWay.splice(0)) other.abort(CALLED_OFF);
    this.#settle.resolve(resource);
  }

  /** It ends when none is open any more. */
  #failed(one: AbortController, error: unknown): void {
    const { signal } = this.#context;
    this.#open--;
    if (this.#hasEnded) return;
    if (this.#leave(one)) this.#failure = { error };
    else if (this.#underWay.length > 0) return this.#makeRoom();
    if (this.#open > 0) return;
    this.#stop();
    this.#settle.reject(signal.aborted ? signal.reason : this.#failure?.error);
  }

  /** False when it was called off. */
  #leave(one: AbortController): boolean {
    const at = this.#underWay.indexOf(one);
    if (at >= 0) this.#underWay.splice(at, 1);
    return at >= 0;
  }

  #stop(): void {
    this.#hasEnded = true;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
  }
}
