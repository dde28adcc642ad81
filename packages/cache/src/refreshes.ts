import { PoolError } from "@pool/core";
import type { CacheSettings } from "./settings.js";

/** What is computed in the background: once at a time for each key, and not for ever. */
export class Refreshes {
  readonly #settings: CacheSettings;
  readonly #byKey = new Map<string, Promise<void>>();
  readonly #ending = new AbortController();

  constructor(settings: CacheSettings) {
    this.#settings = settings;
  }

  /** @param refresh never rejects, and ends soon after its signal is aborted */
  start(key: string, refresh: (signal: AbortSignal) => Promise<void>): void {
    if (this.#byKey.has(key) || this.#ending.signal.aborted) return;
    const { clock, name, refreshTimeout } = this.#settings;
    const late = new AbortController();
    const timer = clock.setTimeout(() => {
      const message = `cache ${JSON.stringify(name)}: work in the background took longer than ${String(refreshTimeout)} ms`;
      late.abort(new PoolError("COMMAND_TIMEOUT", message));
    }, refreshTimeout);
    timer.unref();
    const refreshed = refresh(AbortSignal.any([this.#ending.signal, late.signal])).then(() => {
      clock.clearTimeout(timer);
      this.#byKey.delete(key);
    });
    this.#byKey.set(key, refreshed);
  }

  /** Calls them off, and waits until what is computed already is kept. */
  async end(): Promise<void> {
    this.#ending.abort(new Error(`cache ${JSON.stringify(this.#settings.name)} is closed`));
    await Promise.all(this.#byKey.values());
  }
}
