import { PoolError } from "../errors.js";
import { describeValue } from "../options-text.js";
import { checkSignal } from "./arguments.js";
import type { Engine } from "./engine.js";

interface Warmer {
  readonly count: number;
  readonly resolve: (value: undefined) => void;
  readonly reject: (reason: unknown) => void;
}

/** Waits until so many resources are open; the first connect that fails ends it. */
export class Warming<R> {
  readonly #engine: Engine<R>;
  readonly #warmers = new Set<Warmer>();

  constructor(engine: Engine<R>) {
    this.#engine = engine;
  }

  async warm(count: number, signal: AbortSignal | undefined): Promise<void> {
    const engine = this.#engine;
    checkSignal(engine.name, signal);
    signal?.throwIfAborted();
    if (!Number.isSafeInteger(count) || count < 1 || count > engine.limits.maxSize) {
      const message = `pool ${JSON.stringify(engine.name)}: warm takes a whole number from 1 to maxSize (${String(engine.limits.maxSize)}), got ${describeValue(count)}`;
      throw new PoolError("INVALID_ARGUMENT", message);
    }
    if (engine.open >= count) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const warmer = { count, resolve, reject };
    const onAbort = (): void => {
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#warmers.add(warmer);
    this.#update();
    engine.serve();
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#warmers.delete(warmer);
      this.#update();
    }
  }

  opened(): void {
    for (const warmer of this.#warmers)
      if (this.#engine.open >= Math.min(warmer.count, this.#engine.limits.maxSize)) warmer.resolve(undefined);
  }

  failAll(error: unknown): void {
    for (const warmer of this.#warmers) warmer.reject(error);
  }

  #update(): void {
    let target = 0;
    for (const warmer of this.#warmers) target = Math.max(target, warmer.count);
    this.#engine.warmTarget = target;
    this.#engine.growing.warming = target > 0;
    this.#engine.growing.rest();
  }
}
