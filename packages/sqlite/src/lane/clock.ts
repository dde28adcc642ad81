import { type Due, Watch } from "./watch.js";

const watch = new Watch();

/** When one list is to be looked at next, and what is done then. All share one timer. */
export class Clock implements Due {
  dueAt = Infinity;
  before: Due | undefined = undefined;
  behind: Due | undefined = undefined;
  #next: (() => void) | undefined = undefined;

  /** Calls `next` in `ms` instead of what it was to call before; never with Infinity. */
  callIn(ms: number, next: () => void): void {
    watch.delete(this);
    this.dueAt = performance.now() + ms;
    this.#next = next;
    if (ms !== Infinity) watch.add(this);
  }

  stop(): void {
    watch.delete(this);
  }

  /** Called by the watch. */
  due(): void {
    this.#next?.();
  }
}
