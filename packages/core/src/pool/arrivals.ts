import { closeResource } from "./closing.js";
import type { Engine } from "./engine.js";
import type { Entry } from "./entry.js";
import type { OpeningOutcome } from "./opening.js";
import { unavailable } from "./refusals.js";

/** What becomes of a connect: a new resource for the pool, one that came too late, or a failure that may concern all who wait. */
export class Arrivals<R> implements OpeningOutcome<R> {
  readonly #engine: Engine<R>;

  constructor(engine: Engine<R>) {
    this.#engine = engine;
  }

  opened(entry: Entry<R>, resource: R): void {
    const engine = this.#engine;
    const { maxLifetime, lifetimeJitter, keepAliveInterval, random } = engine.options;
    const now = this.#admit(entry, resource);
    entry.usedAt = now;
    entry.expiresAt = Math.floor(now + maxLifetime * (1 - lifetimeJitter * random()));
    entry.keepAliveAt = now + keepAliveInterval * (0.8 + 0.4 * random());
    engine.welcome(entry, engine.factory.validateAlways !== true);
    engine.observer?.opened();
  }

  failed(entry: Entry<R>, error: unknown): void {
    const engine = this.#engine;
    engine.totals.createFailed++;
    engine.observer?.openFailed(error);
    const { growing, factory } = engine;
    if (engine.state === "open" && growing.down && engine.open === 0) {
      // Who came after this connect had started gets another try: it may have hung since before the backend came back.
      engine.room.failAll(unavailable(engine.name, factory.kind, growing.failures, error), entry.createdAt);
    }
    engine.strike(entry);
  }

  openedLate(entry: Entry<R>, resource: R, error: unknown): void {
    this.#admit(entry, resource);
    this.#engine.observer?.openFailed(error);
    this.#engine.close(entry, "abandoned", error);
  }

  straggler(resource: R): void {
    const { factory, totals, options } = this.#engine;
    totals.created++;
    totals.countClose("abandoned");
    closeResource(
      factory,
      resource,
      { reason: "abandoned", clock: options.clock, closeTimeout: options.closeTimeout },
      () => undefined,
    );
  }

  lost(entry: Entry<R>, cause: unknown): void {
    if (entry.state === "idle") this.#engine.close(entry, "lost", cause);
    else entry.retireFor("lost", cause);
  }

  #admit(entry: Entry<R>, resource: R): number {
    const now = this.#engine.refresh();
    entry.resource = resource;
    entry.openedAt = now;
    this.#engine.totals.created++;
    return now;
  }
}
