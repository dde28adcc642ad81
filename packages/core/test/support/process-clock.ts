import type { Clock, Timer } from "../../src/time.js";

/** The clock of one process among several: it runs a little faster or slower than the true one, and while the process stands still no timer fires. */
export class ProcessClock implements Clock {
  readonly #base: Clock;
  readonly #rate: number;
  readonly #timers = new Map<Timer, Timer>();
  #due: (() => void)[] = [];
  #standsStill = false;

  constructor(base: Clock, rate: number) {
    this.#base = base;
    this.#rate = rate;
  }

  get standsStill(): boolean {
    return this.#standsStill;
  }

  now(): number {
    return this.#base.now() * this.#rate;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer: Timer = { ref: () => timer, unref: () => timer };
    const fire = (): void => {
      if (this.#standsStill) this.#due.push(fire);
      else if (this.#timers.delete(timer)) callback();
    };
    this.#timers.set(timer, this.#base.setTimeout(fire, ms / this.#rate));
    return timer;
  }

  clearTimeout(timer: Timer): void {
    const set = this.#timers.get(timer);
    if (set !== undefined) this.#base.clearTimeout(set);
    this.#timers.delete(timer);
  }

  freeze(): void {
    this.#standsStill = true;
  }

  /** Resolves at once, or when it goes on. */
  async whenAwake(): Promise<void> {
    if (!this.#standsStill) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#due.push(() => resolve(undefined));
    await promise;
  }

  /** @param first what the process was just about to do, before any timer */
  thaw(first: () => void): void {
    this.#standsStill = false;
    first();
    for (const fire of this.#due.splice(0)) fire();
  }
}
