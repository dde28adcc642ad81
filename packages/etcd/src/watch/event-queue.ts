import { type WatchEvent } from "./events.js";

/** More than this is left with the server, which HTTP/2 holds back. */
const MOST = 1_000;

/** Events between a stream and the one who reads them, who may be slow. */
export class EventQueue {
  readonly #hold: (isFull: boolean) => void;
  #in: WatchEvent[] = [];
  #out: WatchEvent[] = [];
  #isFull = false;
  #end: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** @param hold called when it is full, and when there is room again */
  constructor(hold: (isFull: boolean) => void) {
    this.#hold = hold;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  push(event: WatchEvent): void {
    this.#in.push(event);
    if (this.#in.length + this.#out.length > MOST) this.#setFull(true);
    this.#wake?.();
  }

  /** After what is in it, the reader is told this; undefined is a good end. */
  end(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<WatchEvent, undefined>> {
    for (;;) {
      if (this.#out.length === 0) {
        this.#out = this.#in.reverse();
        this.#in = [];
      }
      const event = this.#out.pop();
      if (event !== undefined) {
        if (this.#isFull && this.#in.length + this.#out.length < MOST / 2) this.#setFull(false);
        return { done: false, value: event };
      }
      if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error as Error; // or whatever reason a signal had
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }

  #setFull(isFull: boolean): void {
    if (this.#isFull === isFull) return;
    this.#isFull = isFull;
    this.#hold(isFull);
  }
}
