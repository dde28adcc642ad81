import { LRUCache } from "lru-cache";
import type { CacheSettings } from "./settings.js";

const MOST = 1_000;

/** What the work for a key threw last, where that is to be remembered. */
export class Errors {
  readonly #settings: CacheSettings;
  readonly #errors = new LRUCache<string, { readonly error: unknown; readonly until: number }>({ max: MOST });

  constructor(settings: CacheSettings) {
    this.#settings = settings;
  }

  remember(key: string, error: unknown): void {
    const { errorTtl, clock } = this.#settings;
    if (errorTtl > 0) this.#errors.set(key, { error, until: clock.now() + errorTtl });
  }

  throwIfRemembered(key: string): void {
    const known = this.#errors.get(key);
    if (known === undefined) return;
    if (this.#settings.clock.now() < known.until) throw known.error;
    this.#errors.delete(key);
  }

  forget(key: string): void {
    this.#errors.delete(key);
  }
}
