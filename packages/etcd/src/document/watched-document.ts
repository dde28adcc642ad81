import { setTimeout as sleep } from "node:timers/promises";
import { isPoolError, PoolError, readFunction, systemClock } from "@pool/core";
import { type EtcdEntry } from "../kv/entry.js";
import { type Bytes } from "../kv/keyspace.js";
import { type CallOptions } from "../kv/options.js";
import { type DocumentOptions, type DocumentParts, type DocumentProblem, type EtcdDocument } from "./document.js";
import { readText } from "./validator.js";
import { Versions } from "./versions.js";

/** How long a watch that was refused is left alone, in ms. */
const PAUSE = 5_000;

export class WatchedDocument<T> implements EtcdDocument<T> {
  readonly key: Bytes;
  readonly #parts: DocumentParts;
  readonly #options: DocumentOptions<T>;
  readonly #where: string;
  readonly #over = new AbortController();
  readonly #versions: Versions<T>;
  #newest = -1n;

  constructor(parts: DocumentParts, key: Bytes, options: DocumentOptions<T>) {
    this.key = key;
    this.#parts = parts;
    this.#options = options;
    this.#where = `etcd ${JSON.stringify(parts.name)}: document ${JSON.stringify(Buffer.from(key).toString())}`;
    this.#versions = new Versions(this.#where, options);
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (options.signal?.aborted === true) this.#onAbort();
    else void this.#run();
  }

  /** Resolves with the first good value, or `initial`; rejects when there is none, and ends it. */
  async load(timeout: number): Promise<this> {
    const late = systemClock.setTimeout(() => {
      const message = `${this.#where} could not be read within ${String(timeout)} ms`;
      this.#versions.giveUp(new PoolError("COMMAND_TIMEOUT", message, { details: { sent: true } }));
    }, timeout);
    try {
      await this.#versions.first;
      return this;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      systemClock.clearTimeout(late);
    }
  }

  get value(): T {
    return this.#versions.inForce.value;
  }

  get revision(): bigint {
    return this.#versions.inForce.revision;
  }

  get problem(): DocumentProblem | undefined {
    return this.#versions.problem;
  }

  subscribe(listener: (value: T) => void): () => void {
    readFunction("subscribe: listener", listener);
    return this.#versions.listeners.add(listener);
  }

  async update(change: (value: T) => T | PromiseLike<T>, options: CallOptions = {}): Promise<T> {
    readFunction("update: change", change);
    const { serialize = JSON.stringify } = this.#options;
    for (;;) {
      const entry = await this.#parts.values.get(this.key, options);
      const text = serialize(await change(await this.#meant(entry)));
      const value = await readText(`${this.#where}, as it was to be written,`, text, this.#options);
      const swap = { ...options, ifRevision: entry?.modRevision ?? 0n };
      const { swapped, revision } = await this.#parts.values.swap(this.key, text, swap);
      if (!swapped) continue;
      this.#versions.accept(value, revision);
      return value;
    }
  }

  close(): void {
    this.#end(new Error("the document was closed"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined> {
    yield* this.#versions.listeners.from(() => this.value);
  }

  #end(reason: unknown): void {
    if (this.#hasEnded()) return;
    this.#over.abort(reason);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#versions.end(reason);
  }

  #hasEnded(): boolean {
    return this.#over.signal.aborted;
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    while (!this.#hasEnded()) {
      try {
        for await (const event of this.#parts.watch(signal)) {
          if (event.type === "snapshot") await this.#take(event.entries[0], event.revision);
          else if (event.type === "put") await this.#take(event.entry, event.entry.modRevision);
          else if (event.type === "delete") await this.#take(undefined, event.revision);
        }
        throw new PoolError("NOT_CONNECTED", `${this.#where} has ended with its connector`);
      } catch (error) {
        if (isPoolError(error, "NOT_CONNECTED")) this.#end(error);
        else if (!this.#hasEnded()) this.#versions.refuse({ error, revision: undefined });
      }
      await sleep(PAUSE, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #take(entry: EtcdEntry | undefined, revision: bigint): Promise<void> {
    if (revision <= this.#newest) return;
    this.#newest = revision;
    const at = entry?.modRevision ?? revision;
    try {
      const value = await this.#meant(entry);
      this.#versions.accept(value, entry === undefined ? 0n : at);
    } catch (error) {
      this.#versions.refuse({ error, revision: at });
    }
  }

  /** What a version means. `initial` stands for none only until there was one. */
  async #meant(entry: EtcdEntry | undefined): Promise<T> {
    if (entry !== undefined) return await readText(this.#where, entry.value, this.#options);
    const { initial } = this.#options;
    if (initial !== undefined && this.#versions.revision <= 0n) return initial;
    throw new PoolError("DOCUMENT_MISSING", `${this.#where} is not there`);
  }

  readonly #onAbort = (): void => {
    this.#versions.giveUp(this.#options.signal?.reason);
    this.close();
  };
}
