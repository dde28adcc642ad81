import type { Clock, Timer } from "@pool/core";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = 1_000;
  readonly #timers = new Map<Timer, { readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer: Timer = { ref: () => timer, unref: () => timer };
    this.#timers.set(timer, { at: this.#now + Math.max(0, ms), callback });
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on, fires what falls due on the way in its order, and lets promises settle between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const due = [...this.#timers]
        .filter(([, { at }]) => at <= end)
        .sort(([, one], [, other]) => one.at - other.at)[0];
      if (due === undefined) break;
      const [timer, { at, callback }] = due;
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, at);
      callback();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** Time passes and nothing is done about it. */
  jump(ms: number): void {
    this.#now += ms;
  }
}

/** Lets every promise settle that can without a timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
