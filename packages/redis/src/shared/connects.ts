import { type Clock, type ResourceFactory } from "@pool/core";
import { isCalledOff } from "../connect/hedge.js";
import { isRefused } from "../errors.js";

/** After a failed connect so long, in ms, nobody need wait for the next one: it has not begun. The pool pauses no longer than this. */
const PAUSE = 400;

/** How the connects of the shared connection go: whether it makes sense to wait for one. */
export class Connects {
  /** In a row. */
  failures = 0;
  lastError: unknown;
  readonly #clock: Clock;
  readonly #maxRetries: number;
  #underWay = 0;
  #failedAt = -Infinity;

  constructor(clock: Clock, maxRetries: number) {
    this.#clock = clock;
    this.#maxRetries = maxRetries;
  }

  /** More have failed in a row than a command is to wait for. */
  get down(): boolean {
    return this.failures > this.#maxRetries;
  }

  /** Down, with nothing under way and the next try not due: who comes now would only wait for it to begin. */
  get hopeless(): boolean {
    return this.down && this.#underWay === 0 && this.#clock.now() - this.#failedAt < PAUSE;
  }

  /** The factory, with its connects counted. `failed` is called after each that failed. */
  watch<R>(factory: ResourceFactory<R>, failed: () => void): ResourceFactory<R> {
    return {
      ...factory,
      create: async (context) => {
        this.#underWay++;
        try {
          const resource = await factory.create(context);
          this.failures = 0;
          this.lastError = undefined;
          this.#underWay--;
          return resource;
        } catch (error) {
          this.#underWay--;
          if (isCalledOff(context.signal)) throw error;
          // Who is refused once is refused again: more tries may only lock the account.
          this.failures += isRefused(error) ? this.#maxRetries + 1 : 1;
          this.lastError = error;
          this.#failedAt = this.#clock.now();
          failed();
          throw error;
        }
      },
    };
  }
}
