import { moment, SharedWork, type MomentEvents } from "@pool/core";
import { Computing, type Compute } from "./computing.js";
import type { Counters } from "./counters.js";
import type { Entries, Found, Keeping } from "./entries.js";
import { Errors } from "./errors.js";
import { Refreshes } from "./refreshes.js";
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
  readonly #refreshes: Refreshes;
  readonly #landing = new Set<Promise<void>>();

  constructor(settings: CacheSettings, entries: Entries, counters: Counters) {
    this.#settings = settings;
    this.#entries = entries;
    this.#counters = counters;
    this.#computing = new Computing(settings, entries, counters);
    this.#errors = new Errors(settings);
    this.#refreshes = new Refreshes(settings);
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

  /** The same for work with one of these tags, and nobody joins who may find an entry that has one. */
  forgetTagged(tags: readonly string[]): void {
    for (const key of this.#tickets.cancelTagged(tags)) this.#flights.delete(key);
  }

  /** Keeps a value that nobody computed here, unless it is deleted, set or invalidated before it comes to that. @throws what the codec throws */
  async keep(key: string, value: unknown, keeping: Keeping): Promise<void> {
    this.forget(key);
    const ticket = this.#tickets.open(key, keeping.tags);
    try {
      const stamps = await this.#entries.stamp(await this.#entries.stampsOf(keeping.tags), keeping);
      if (ticket.voidedBy === "tag") await this.#entries.delete([key]);
      else if (ticket.voidedBy === undefined) await this.#entries.write(key, value, keeping.ttl, stamps);
    } finally {
      this.#tickets.close(ticket);
    }
  }

  told(outcome: Outcome): void {
    this.#counters[COUNTER[outcome]]++;
    if (gets.hasSubscribers) gets.publish({ cache: this.#settings.name, outcome });
  }

  /** Calls off what is computed in the background, and waits until what is computed already is kept. Who waits for a value gets it. */
  async end(): Promise<void> {
    await Promise.all([this.#refreshes.end(), ...this.#landing]);
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
    const ticket = this.#tickets.open(key, keeping.tags, true);
    let kept: Promise<void> = Promise.resolve();
    try {
      const found = await this.#entries.read(key, keeping.tags);
      ticket.isReading = false;
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
    this.#refreshes.start(key, async (signal) => {
      const ticket = this.#tickets.open(key, keeping.tags);
      await this.#computing.refresh(ticket, compute, keeping, found, signal);
      this.#tickets.close(ticket);
    });
  }
}
