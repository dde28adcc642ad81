const EVERY = 10;

/** How late the event loop was, and when: what a busy machine adds to every time that is measured. */
export class LagWatch implements Disposable {
  readonly #samples: { readonly at: number; readonly lag: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let expected = performance.now() + EVERY;
    this.#timer = setInterval(() => {
      const at = performance.now();
      this.#samples.push({ at, lag: Math.max(0, at - expected) });
      expected = at + EVERY;
    }, EVERY);
  }

  /** The longest while something was under way. */
  within({ startedAt, settledAt }: { readonly startedAt: number; readonly settledAt: number }): number {
    const during = this.#samples.filter(({ at }) => at >= startedAt && at <= settledAt + 2 * EVERY);
    return Math.max(0, ...during.map(({ lag }) => lag));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
