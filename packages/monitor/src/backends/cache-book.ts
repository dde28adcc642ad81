import type { EventOf } from "@pool/core";
import { Timing } from "../measure/timing.js";
import type { Classifier } from "../errors/classifier.js";
import { summariseError } from "../errors/summarise-error.js";
import type { CacheSnapshot } from "../snapshot/backend-snapshot.js";
import type { MonitorMeasures } from "../snapshot/measures.js";

type Outcome = EventOf<"cache:get">["outcome"];

interface Heard {
  readonly counts: Record<Outcome, number>;
  readonly compute: Timing;
  readonly stores: Map<string, CacheSnapshot["stores"][number]>;
  computeErrors: number;
  unreadable: number;
}

/** What has been heard of caches. */
export class CacheBook {
  readonly #classifier: Classifier;
  readonly #caches = new Map<string, Heard>();
  readonly #computes = new WeakMap<object, number>();

  constructor(classifier: Classifier) {
    this.#classifier = classifier;
  }

  got({ cache, outcome }: EventOf<"cache:get">): void {
    this.#heard(cache).counts[outcome]++;
  }

  computeStarts(event: object, now: number): void {
    this.#computes.set(event, now);
  }

  computed(event: EventOf<"cache:compute">, now: number): void {
    const heard = this.#heard(event.cache);
    heard.compute.record(now - (this.#computes.get(event) ?? now));
    if (event.error !== undefined) heard.computeErrors++;
  }

  unreadable({ cache }: EventOf<"cache:unreadable">): void {
    this.#heard(cache).unreadable++;
  }

  storeChanged({ cache, store, state, cause }: EventOf<"cache:store">, at: number): void {
    const told = cause === undefined ? null : summariseError(cause, this.#classifier.classify(store, cause));
    this.#heard(cache).stores.set(store, { store, state, at, cause: told });
  }

  turn(moveOn: boolean): void {
    for (const { compute } of this.#caches.values()) compute.turn(moveOn);
  }

  /** By name. */
  list(): CacheSnapshot[] {
    return Array.from(this.#caches, ([name, { counts, compute, computeErrors, unreadable, stores }]) => {
      const { hit: hits, stale, negative, miss: misses, shared } = counts;
      const gets = hits + stale + negative + misses + shared;
      const hitRatio = gets === 0 ? 0 : (hits + stale + negative) / gets;
      const list = [...stores.values()];
      return {
        name,
        hits,
        stale,
        negative,
        misses,
        shared,
        hitRatio,
        compute: compute.summarise(),
        computeErrors,
        unreadable,
        stores: list,
      };
    }).sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  measure(): MonitorMeasures["caches"] {
    return this.list().map((cache) => ({ ...cache, computeTime: this.#heard(cache.name).compute.total() }));
  }

  #heard(name: string): Heard {
    const known = this.#caches.get(name);
    if (known !== undefined) return known;
    const counts = { hit: 0, stale: 0, negative: 0, miss: 0, shared: 0 };
    const heard: Heard = { counts, compute: new Timing(), stores: new Map(), computeErrors: 0, unreadable: 0 };
    this.#caches.set(name, heard);
    return heard;
  }
}
