import { randomUUID } from "node:crypto";
import { moment } from "@pool/core";
import { Budget } from "./budget.js";
import type { Counters } from "./counters.js";
import { decodeEntry, encodeEntry, type Entry } from "./entry.js";
import type { CacheSettings } from "./settings.js";
import type { SteadyStore } from "./steady-store.js";

const unreadable = moment("cache:unreadable");
// A stamp that is forgotten makes its entries misses, so it outlives them: each entry extends its stamps when it is kept.
const STAMP_LIVES = 2;
const SHORTEST_STAMP_LIFE = 3_600_000;

/** What was found under a key. */
export interface Found {
  /** Undefined for a miss. `value` is undefined for what is known not to be there. */
  readonly hit: { readonly value: unknown; readonly isNegative: boolean; readonly entry: Entry } | undefined;
  /** Of the tags that were asked for, before anything is computed. */
  readonly stamps: ReadonlyMap<string, string | undefined>;
  readonly budget: Budget;
}

/** How long one entry is kept, and by what it can be invalidated. */
export interface Keeping {
  readonly ttl: number;
  readonly tags: readonly string[];
}

/**
 * The entries of one cache in its store. A tag is a stamp, a random text under a key of its own; an entry carries the stamps of its tags from before it was
 * computed, and is good while they are the same. Invalidating a tag deletes its stamp.
 */
export class Entries {
  readonly #settings: CacheSettings;
  readonly #store: SteadyStore;
  readonly #counters: Counters;

  constructor(settings: CacheSettings, store: SteadyStore, counters: Counters) {
    this.#settings = settings;
    this.#store = store;
    this.#counters = counters;
  }

  async read(key: string, tags: readonly string[] = []): Promise<Found> {
    const { clock, storeTimeout } = this.#settings;
    const budget = new Budget(clock, storeTimeout);
    const [text, ...found] = await this.#store.get([this.#keyOf(key), ...tags.map(this.#stampOf)], budget);
    const stamps = new Map(tags.map((tag, i) => [tag, found[i]]));
    const entry = text === undefined ? undefined : this.#readable(() => decodeEntry(text));
    if (entry === undefined || !(await this.#isGood(entry, stamps, budget))) return { hit: undefined, stamps, budget };
    const { text: encoded } = entry;
    if (encoded === undefined) return { hit: { value: undefined, isNegative: true, entry }, stamps, budget };
    const read = this.#readable(() => ({ value: this.#settings.codec.decode(encoded) }));
    return { hit: read && { value: read.value, isNegative: false, entry }, stamps, budget };
  }

  /** The stamps of these tags now, for an entry that is there already. */
  async stampsOf(tags: readonly string[]): Promise<Pick<Found, "stamps" | "budget">> {
    const budget = new Budget(this.#settings.clock, this.#settings.storeTimeout);
    if (tags.length === 0) return { stamps: new Map(), budget };
    const texts = await this.#store.get(tags.map(this.#stampOf), budget);
    return { stamps: new Map(tags.map((tag, i) => [tag, texts[i]])), budget };
  }

  /** The stamps that an entry is to carry which is about to be computed; makes those that are missing. */
  async stamp(
    { stamps, budget }: Pick<Found, "stamps" | "budget">,
    { ttl, tags }: Keeping,
  ): Promise<Readonly<Record<string, string>>> {
    const life = Math.max(SHORTEST_STAMP_LIFE, STAMP_LIVES * this.#lifeOf(ttl));
    const all = tags.map(async (tag) => {
      const known = stamps.get(tag);
      return [tag, known ?? (await this.#store.add(this.#stampOf(tag), randomUUID(), life, budget))] as const;
    });
    return Object.fromEntries(await Promise.all(all));
  }

  /** Keeps a value; `undefined` as known not to be there. @throws what the codec throws */
  async write(key: string, value: unknown, ttl: number, stamps: Readonly<Record<string, string>>): Promise<void> {
    const { negativeTtl, ttlJitter, random, date, codec, staleFor } = this.#settings;
    const fresh = value === undefined ? Math.min(negativeTtl, ttl) : ttl * (1 - ttlJitter * random());
    if (fresh <= 0) {
      // Not to be kept, and what was kept before is not true any more.
      await this.#store.delete([this.#keyOf(key)]);
      return;
    }
    const freshUntil = date() + fresh;
    const entry: Entry = {
      text: value === undefined ? undefined : codec.encode(value),
      freshUntil,
      // What is not there is asked for again when its time is over.
      staleUntil: value === undefined ? freshUntil : freshUntil + staleFor,
      keptUntil: value === undefined ? freshUntil : date() + this.#lifeOf(fresh),
      stamps,
    };
    const stampKeys = Object.keys(stamps).map(this.#stampOf);
    await this.#store.set(this.#keyOf(key), encodeEntry(entry), entry.keptUntil - date(), stampKeys);
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#store.delete(keys.map(this.#keyOf));
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    await this.#store.delete(tags.map(this.#stampOf));
  }

  readonly #keyOf = (key: string): string => `${this.#settings.prefix}v:${key}`;
  readonly #stampOf = (tag: string): string => `${this.#settings.prefix}t:${tag}`;

  #lifeOf(fresh: number): number {
    const { staleFor, staleIfErrorFor } = this.#settings;
    return fresh + Math.max(staleFor, staleIfErrorFor);
  }

  async #isGood(
    { stamps, keptUntil }: Entry,
    known: ReadonlyMap<string, string | undefined>,
    budget: Budget,
  ): Promise<boolean> {
    if (this.#settings.date() >= keptUntil) return false;
    const own = Object.entries(stamps);
    const unknown = own.map(([tag]) => tag).filter((tag) => !known.has(tag));
    const texts = unknown.length > 0 ? await this.#store.get(unknown.map(this.#stampOf), budget) : [];
    const found = new Map([...known, ...unknown.map((tag, i) => [tag, texts[i]] as const)]);
    return own.every(([tag, stamp]) => found.get(tag) === stamp);
  }

  /** What cannot be read is told, and counts as a miss. */
  #readable<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (cause) {
      this.tellUnreadable(cause);
      return undefined;
    }
  }

  tellUnreadable(cause: unknown): void {
    this.#counters.undecodable++;
    if (unreadable.hasSubscribers) unreadable.publish({ cache: this.#settings.name, cause });
  }
}
