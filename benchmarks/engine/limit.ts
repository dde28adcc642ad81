import { Ring } from "./ring.ts";
import { tokens, type Engine, type Setup, type Subject, type Token } from "./subject.ts";

/**
 * The bare limit: the least that lends a resource at all. A stack of idle ones and a ring of resolvers, and no safety check
 * whatsoever: no timeout, no cancelling, no bound, no double-release check, no statistics. Everything is measured against it.
 */
export class Limit implements Subject<Token> {
  readonly #idle: Token[] = [];
  readonly #waiting = new Ring<(token: Token) => void>();
  readonly #size: number;
  readonly #enqueue = (resolve: (token: Token) => void): void => {
    this.#waiting.push(resolve);
  };

  constructor(size: number) {
    const open = tokens();
    this.#size = size;
    for (let i = 0; i < size; i++) this.#idle.push(open());
  }

  acquire(): Promise<Token> {
    const token = this.#idle.pop();
    return token === undefined ? new Promise(this.#enqueue) : Promise.resolve(token);
  }

  release(token: Token): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(token);
    else next(token);
  }

  idOf(token: Token): number {
    return token.id;
  }

  counts(): { leased: number; waiting: number } {
    return { leased: this.#size - this.#idle.length, waiting: this.#waiting.size };
  }

  close(): void {
    this.#idle.length = 0;
  }
}

/**
 * The limit of a storm: waiters that end without a resource. A ring of rejecters, one timer for all of them, an error each;
 * and one listener for each signal. Lends nothing, so it need not find out who has been served.
 */
class StormLimit implements Subject<Token> {
  readonly #held: Limit;
  readonly #timeout: number | undefined;
  readonly #waiting = new Ring<(reason: unknown) => void>();
  #free: number;
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;
  readonly #enqueue = (_: unknown, reject: (reason: unknown) => void): void => {
    this.#waiting.push(reject);
  };

  constructor({ size, timeout }: Setup) {
    this.#held = new Limit(size);
    this.#free = size;
    this.#timeout = timeout;
  }

  acquire(): Promise<Token> {
    if (this.#free > 0) {
      this.#free--;
      return this.#held.acquire();
    }
    this.#timer ??= setTimeout(() => this.#rejectAll(timeoutError), this.#timeout);
    return new Promise(this.#enqueue);
  }

  /** Waiters of one signal in a row share its listener. */
  acquireUntil(signal: AbortSignal): Promise<Token> {
    if (signal === this.#signal) return new Promise(this.#enqueue);
    this.#signal = signal;
    return new Promise((_, reject) => {
      const giveUp = (): void => {
        reject(signal.reason as Error);
        this.#rejectAll(() => signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #rejectAll(reason: () => unknown): void {
    for (let reject = this.#waiting.shift(); reject; reject = this.#waiting.shift()) reject(reason());
    this.#timer = undefined;
    this.#signal = undefined;
  }

  release(token: Token): void {
    this.#free++;
    this.#held.release(token);
  }

  idOf(token: Token): number {
    return token.id;
  }

  counts(): { leased: number; waiting: number } {
    return { leased: this.#held.counts().leased, waiting: this.#waiting.size };
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

// A stack would cost more than all the rest, and would name the timer.
function timeoutError(): Error {
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new Error("nothing came free in time");
  Error.stackTraceLimit = depth;
  return error;
}

export const limit: Engine = { name: "limit", timesOut: false, aborts: false, open: ({ size }) => new Limit(size) };

/** Stands in for {@link limit} in the storms. */
export const stormLimit: Engine = {
  name: "limit",
  timesOut: true,
  aborts: true,
  open: (setup) => new StormLimit(setup),
};
