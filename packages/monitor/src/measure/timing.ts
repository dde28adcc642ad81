import type { Distribution } from "../snapshot/distribution.js";
import { Histogram } from "./histogram.js";

const SLICES = 6;

/** One kind of time: of this second, over a window that moves on by a sixth of itself, and since the beginning. */
export class Timing {
  /** Of the tick under way: all that a record touches. */
  readonly tick = new Histogram();
  readonly #slices = Array.from({ length: SLICES }, () => new Histogram());
  readonly #all = new Histogram();
  #slice = 0;

  record(ms: number): void {
    this.tick.record(ms);
  }

  /** The tick is over. `moveOn`: a sixth of the window too. */
  turn(moveOn: boolean): void {
    if (this.tick.count > 0) {
      this.#slices[this.#slice]?.add(this.tick);
      this.#all.add(this.tick);
      this.tick.clear();
    }
    if (!moveOn) return;
    this.#slice = (this.#slice + 1) % SLICES;
    this.#slices[this.#slice]?.clear();
  }

  get max(): number {
    return Math.max(this.tick.max, ...this.#slices.map(({ max }) => max));
  }

  /** Since the beginning, in ms. */
  get sum(): number {
    return this.#all.sum + this.tick.sum;
  }

  /** Over the window. */
  summarise(): Distribution {
    const sum = new Histogram();
    for (const slice of this.#slices) sum.add(slice);
    sum.add(this.tick);
    return sum.summarise();
  }

  /** Since the beginning. */
  total(): Histogram {
    const sum = new Histogram();
    sum.add(this.#all);
    sum.add(this.tick);
    return sum;
  }
}
