import { moment, SharedWork, type MomentEvents } from "@pool/core";
import { Computing, type Compute } from "./computing.js";
import type { Counters } from "./counters.js";
import type { Entries, Found, Keeping } from "./entries.js";
import { Errors } from "./errors.js";
import type { CacheSettings } from "./settings.js";
import { Tickets } from "./tickets.js";

const gets = moment("cache:get");
type Outcome = MomentEvents["cache:get"]["outcome"];
const COUNTER = { hit: "hits", stale: "stale", negative: "negative", miss: "misses", shared: "shared" } as const;

/** Reads entries, computes what is not there: once for all who ask for a key at the same time. */
export class Loading {
  readonly #settings: CacheSettings;
  readonly #entries: Entries;
  readonly #counters: Counters;
  readonly #computing: Computing;
  readonly #errors: Errors;
  readonly #tickets = new Tickets();
  readonly #flights = new Map<string, SharedWork<unknown>>();
  readonly #refreshes = new Map<string, Promise<void>>();
  readonly #landing = new Set<Promise<void>>();
  readonly #ending = new AbortController();

  constructor(settings: CacheSettings, entries: Entries, counters: Counters) {
    this.#settings = settings;
    this.#entries = entries;
    this.#counters = counters;
    this.#computing = new Computing(settings, entries, counters);
    this.#errors = new Errors(settings);
  }

  async get(key: string, compute: Compute, keeping: Keeping, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    const flying = this.#flights.get(key);
    if (flying !== undefined) this.told("shared");
    return await (flying ?? this.#takeOff(key, compute, keeping)).join(signal);
  }

  /** What is under way for this key is not kept, and nobody joins it any more. */
  forget(key: string): void {
    this.#tickets.cancel(key);
    this.#flights.delete(key);
    this.#errors.forget(key);
  }

  told(outcome: Outcome): void {
    this.#counters[COUNTER[outcome]]++;
    if (gets.hasSubscribers) gets.publish({ cache: this.#settings.name, outcome });
  }

  /** Calls off what is computed in the background, and waits until what is computed already is kept. Who waits for a value gets it. */
  async end(): Promise<void> {
    this.#ending.abort(new Error(`cache ${JSON.stringify(this.#settings.name)} is closed`));
    await Promise.all([...this.#refreshes.values(), ...this.#landing]);
  }

  #takeOff(key: string, compute: Compute, keeping: Keeping): SharedWork<unknown> {
    const land = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const flight = new SharedWork<unknown>((signal) => this.#load(key, compute, keeping, signal, land), land);
    this.#flights.set(key, flight);
    return flight;
  }

  /** @param land called when what was found is kept, or nothing is: whoever comes later looks for himself */
  async #load(
    key: string,
    compute: Compute,
    keeping: Keeping,
    signal: AbortSignal,
    land: () => void,
  ): Promise<unknown> {
    const ticket = this.#tickets.open(key);
    let kept: Promise<void> = Promise.resolve();
    try {
      const found = await this.#entries.read(key, keeping.tags);
      const { hit } = found;
      const now = this.#settings.date();
      if (hit !== undefined && now < hit.entry.freshUntil) {
        this.told(hit.isNegative ? "negative" : "hit");
        return hit.value;
      }
      if (hit !== undefined && now < hit.entry.staleUntil) {
        this.told("stale");
        this.#refresh(key, compute, keeping, found);
        return hit.value;
      }
      try {
        this.#errors.throwIfRemembered(key);
        if (hit === undefined) this.told("miss");
        const computed = await this.#computing.run(ticket, compute, keeping, found, signal);
        kept = computed.kept;
        if (hit !== undefined) this.told("miss");
        return computed.value;
      } catch (error) {
        if (signal.aborted) throw error;
        this.#errors.remember(key, error);
        if (hit === undefined) throw error;
        this.told("stale");
        return hit.value;
      }
    } finally {
      const landed = kept.then(() => {
        land();
        this.#tickets.close(ticket);
        this.#landing.delete(landed);
      });
      this.#landing.add(landed);
    }
  }

  #refresh(key: string, compute: Compute, keeping: Keeping, found: Found): void {
    if (this.#refreshes.has(key) || this.#ending.signal.aborted) return;
    const ticket = this.#tickets.open(key);
    const refreshed = this.#computing.refresh(ticket, compute, keeping, found, this.#ending.signal).then(() => {
      this.#refreshes.delete(key);
      this.#tickets.close(ticket);
    });
    this.#refreshes.set(key, refreshed);
  }
}
