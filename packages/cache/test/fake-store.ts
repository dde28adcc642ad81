import type { CacheStore } from "../src/index.js";

/** A store whose calls a test counts, holds back or fails. */
export class FakeStore implements CacheStore {
  readonly name = "fake";
  readonly texts = new Map<string, string>();
  readonly calls: string[] = [];
  /** Awaited by each call before it is carried out. */
  before: (call: string, signal: AbortSignal) => unknown = () => undefined;

  async get(keys: readonly string[], signal: AbortSignal): Promise<readonly (string | undefined)[]> {
    await this.#call(`get ${keys.join(" ")}`, signal);
    return keys.map((key) => this.texts.get(key));
  }

  async set(key: string, text: string, ttl: number, signal: AbortSignal): Promise<void> {
    await this.#call(`set ${key} ${String(ttl)}`, signal);
    this.texts.set(key, text);
  }

  async add(key: string, text: string, ttl: number, signal: AbortSignal): Promise<string> {
    await this.#call(`add ${key} ${String(ttl)}`, signal);
    const there = this.texts.get(key) ?? text;
    this.texts.set(key, there);
    return there;
  }

  async extend(keys: readonly string[], ttl: number, signal: AbortSignal): Promise<void> {
    await this.#call(`extend ${keys.join(" ")} ${String(ttl)}`, signal);
  }

  async delete(keys: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#call(`delete ${keys.join(" ")}`, signal);
    for (const key of keys) this.texts.delete(key);
  }

  async #call(call: string, signal: AbortSignal): Promise<void> {
    this.calls.push(call);
    await this.before(call.slice(0, call.indexOf(" ")), signal);
  }
}

/** Never answers; rejects when it is given up. */
export function silence(_call: string, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

/** Lets what was computed be kept, where the store answers at once. */
export async function kept(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when `holds`, within generous time. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it has not come to hold within 15 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
