import type { ResolvedPoolOptions } from "./options.js";
import type { LimitChange } from "./resizing.js";

/** How many resources there may be, and how many of them idle. */
export class Limits {
  maxSize: number;
  maxIdle: number;
  minIdle: number;
  /** What `maxIdle` was set to, where that is not `maxSize`: with a smaller one it is less, and so much again with a larger. */
  #ownMaxIdle: number | undefined;

  constructor({ maxSize, maxIdle, minIdle }: ResolvedPoolOptions) {
    this.maxSize = maxSize;
    this.maxIdle = maxIdle;
    this.minIdle = minIdle;
    this.#ownMaxIdle = maxIdle === maxSize ? undefined : maxIdle;
  }

  /** What they would be. `maxIdle` follows `maxSize` as long as it was not set apart from it. */
  after(change: LimitChange): Required<LimitChange> {
    const { maxSize = this.maxSize, minIdle = this.minIdle } = change;
    return { maxSize, maxIdle: change.maxIdle ?? Math.min(this.#ownMaxIdle ?? maxSize, maxSize), minIdle };
  }

  change(change: LimitChange): void {
    Object.assign(this, this.after(change));
    if (change.maxIdle !== undefined) this.#ownMaxIdle = change.maxIdle === this.maxSize ? undefined : change.maxIdle;
  }
}
