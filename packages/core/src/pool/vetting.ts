import { isPoolError } from "../errors.js";
import type { Engine } from "./engine.js";
import type { Entry } from "./entry.js";

/** After one resource turned out dead its neighbours are doubted for so long, in ms: they do not count as help on its way. */
const DOUBT = 5_000;

/** Which idle resources may be lent as they are, and the checks of the others. */
export class Vetting<R> {
  readonly #engine: Engine<R>;
  readonly #freshFor: number;
  #doubtUntil = -Infinity;

  constructor(engine: Engine<R>) {
    const { factory, options } = engine;
    this.#engine = engine;
    this.#freshFor =
      factory.validate === undefined ? Infinity : factory.validateAlways === true ? 0 : options.validateIfIdleFor;
  }

  /** Resources being checked that those who wait can count on. */
  get coming(): number {
    return this.#doubts ? 0 : this.#engine.tally.validating;
  }

  get #doubts(): boolean {
    return this.#engine.now() < this.#doubtUntil;
  }

  isFresh(entry: Entry<R>, now: number): boolean {
    return now - entry.checkedAt < this.#freshFor;
  }

  /** The one that would be next may not be lent as it is: takes another to be lent, and closes what is past its time on the way. */
  takeOther(lastFirst: boolean, now: number): Entry<R> | undefined {
    const { idle } = this.#engine;
    for (const entry of idle.snapshot(lastFirst)) {
      if (entry.state !== "idle") continue; // closing one can take another with it
      if (now >= entry.expiresAt) this.#engine.close(entry, "max-lifetime");
      else if (entry.vouched || this.isFresh(entry, now)) {
        idle.remove(entry);
        entry.toLeased();
        return entry;
      }
    }
    return undefined;
  }

  /** Checks idle ones for those who wait: as many as wait, or all of them at once while there is doubt. */
  checkIdle(): void {
    const { idle, tally, waiting } = this.#engine;
    let wanted = this.#doubts ? Infinity : waiting - tally.validating - tally.resetting;
    for (const entry of idle.snapshot(true)) {
      if (wanted-- <= 0) return;
      if (entry.state === "idle") this.check(entry, false);
    }
  }

  /** Checks one; it is idle again afterwards, or closed. */
  check(entry: Entry<R>, keepAlive: boolean): void {
    const engine = this.#engine;
    const { keepAliveInterval, validateIfIdleFor, random } = engine.options;
    const stale = keepAlive || engine.now() - entry.checkedAt >= validateIfIdleFor;
    engine.idle.remove(entry);
    entry.to("validating");
    engine.checks.validate(entry, { keepAlive, stale }).then(
      () => {
        entry.keepAliveAt = engine.refresh() + keepAliveInterval * (0.8 + 0.4 * random());
        engine.welcome(entry, true);
      },
      (error: unknown) => {
        const now = engine.refresh();
        const refused = isPoolError(error, "HOOK_REFUSED");
        // What a hook refuses says nothing of the backend.
        if (!refused) this.#doubtUntil = now + DOUBT;
        engine.close(entry, entry.retire ?? (refused ? "hook-refused" : "validate-failed"), error);
      },
    );
  }
}
