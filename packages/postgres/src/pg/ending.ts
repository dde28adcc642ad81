import { type Source } from "./source.js";

/** Ends a facade: nobody new is let in, those who came before get their connection, and then the pool is closed. */
export class Ending {
  readonly #source: Source;
  #waiting = 0;
  #quiet: (() => void) | undefined;
  readonly #hold: Disposable = {
    [Symbol.dispose]: () => {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#quiet?.();
    },
  };

  constructor(source: Source) {
    this.#source = source;
  }

  /** Somebody waits for a connection until this is disposed of. */
  hold(): Disposable {
    this.#waiting += 1;
    return this.#hold;
  }

  async run(): Promise<void> {
    const { drainTimeout } = this.#source;
    const since = performance.now();
    if (this.#waiting > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#quiet = resolve;
        if (drainTimeout !== Infinity) timer = setTimeout(resolve, drainTimeout);
      });
      clearTimeout(timer);
    }
    await this.#source.close(Math.max(0, drainTimeout - (performance.now() - since)));
  }
}
