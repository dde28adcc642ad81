import type { CloseReason } from "./close-reason.js";
import { demandOf } from "./demand.js";
import { EarlyEnds, type Standing } from "./early-ends.js";
import type { Engine } from "./engine.js";
import type { Entry } from "./entry.js";
import { Growth } from "./growth.js";
import { GrowthTimer } from "./growth-timer.js";
import { Opening, type OpeningOutcome } from "./opening.js";

/** For so long, in ms, a resource that nobody has used yet may turn out not to work at all. */
const UNPROVEN = 1_000;
/** What the backend or the way to it has done, and no borrower, program or limit of ours. */
const DEATHS: ReadonlySet<CloseReason> = new Set<CloseReason>(["lost", "fatal-error", "validate-failed"]);

/** Opens resources as they are missing: a few at once, and after a failure with pauses. Knows when the backend is down. */
export class Growing<R> {
  readonly #engine: Engine<R>;
  readonly #growth: Growth;
  readonly #opening: Opening<R>;
  readonly #timer: GrowthTimer;
  readonly #earlyEnds = new EarlyEnds();
  /** The last one that was started, by its id. */
  #newest = 0;
  /** Somebody wants resources now, though nobody waits in the queue: a warm-up. */
  warming = false;

  constructor(engine: Engine<R>, outcome: OpeningOutcome<R>) {
    this.#engine = engine;
    this.#growth = new Growth(engine.options);
    this.#timer = new GrowthTimer(engine.options.clock, () => {
      this.#engine.refresh();
      this.grow();
    });
    this.#opening = new Opening(engine.factory, engine.options, {
      opened: (entry, resource) => {
        this.#growth.opened(this.#engine.now());
        if (!this.#earlyEnds.hasDoubt(this.#standing)) this.#growth.succeeded();
        this.#recount();
        outcome.opened(entry, resource);
      },
      failed: (entry, error) => {
        this.#failed(error);
        outcome.failed(entry, error);
      },
      openedLate: (entry, resource, error) => {
        this.#failed(error);
        outcome.openedLate(entry, resource, error);
      },
      straggler: (resource) => outcome.straggler(resource),
      lost: (entry, cause) => outcome.lost(entry, cause),
    });
  }

  get failures(): number {
    return this.#growth.failures;
  }

  get lastError(): unknown {
    return this.#growth.lastError;
  }

  /** Too many failures in a row for waiting to make sense while nothing is open. */
  get down(): boolean {
    return this.#growth.isDown(this.#engine.now());
  }

  /** Nothing is under way and the next try is not due: who comes now would only wait for a pause to end. */
  get pausing(): boolean {
    const now = this.#engine.now();
    return this.#opening.underWay === 0 && now < this.#growth.pauseEndsAt(true, now);
  }

  get #standing(): Standing {
    const { totals } = this.#engine;
    return { now: this.#engine.now(), newest: this.#newest, lent: totals.acquired };
  }

  /** The cause of the failures may be gone: no more pause. */
  forgive(): void {
    this.#growth.forgive();
    this.#recount();
  }

  /** Connects under way that may be counted on; those that take long may hang. */
  get coming(): number {
    return this.#growth.young(this.#opening.startedAt(), this.#engine.now()).count;
  }

  /** Starts what is missing and may start, and comes back when more may. */
  grow(): void {
    const demand = demandOf(this.#engine);
    const wanted = this.warming || this.#engine.waiting > 0;
    if (demand <= 0 && !(wanted && this.#opening.underWay > 0)) return;
    const now = this.#engine.now();
    const { starts, askAgainAt } = this.#growth.allowance(this.#opening.startedAt(), wanted, now);
    const count = Math.max(0, Math.min(starts, demand));
    if (count > 0) this.#growth.started(count, now);
    for (let i = 0; i < count; i++) this.#start(this.#engine.enlist());
    this.#timer.include(count > 0 ? this.#growth.looksAgainAt(now) : askAgainAt, now, wanted);
  }

  /** A resource is being closed. If it has only just been opened and then died, opening it was not much of a success. */
  closed(entry: Entry<R>, reason: CloseReason, cause: unknown): void {
    if (this.#engine.state !== "open") return;
    const now = this.#engine.now();
    // A borrower that destroys what has broken under it is not why it ends.
    const hasDied = DEATHS.has(entry.retire ?? reason);
    const isProven = entry.uses > 0 || now - entry.openedAt >= UNPROVEN;
    if (!hasDied && (isProven || reason !== "hook-refused")) return;
    const verdict = isProven ? "died" : this.#earlyEnds.add(entry.id, this.#standing);
    if (hasDied) this.#growth.died(entry.openedAt, now, verdict === "died");
    if (verdict !== "failed") return;
    this.#growth.failed(cause, now);
    this.#recount();
    this.#engine.observer?.openFailed(cause);
  }

  #start(entry: Entry<R>): void {
    this.#newest = entry.id;
    this.#opening.start(entry, this.#growth.failures);
  }

  /** Somebody who wanted resources wants them no more: the next look may be nobody's. */
  rest(): void {
    if (!this.warming && this.#engine.waiting === 0) this.#timer.rest();
  }

  /** Gives up everything under way. */
  stop(reason: unknown): void {
    this.#timer.stop();
    this.#opening.abort(reason);
  }

  #failed(error: unknown): void {
    if (this.#engine.state !== "open") return;
    this.#engine.refresh();
    this.#growth.failed(error, this.#engine.now());
    this.#recount();
  }

  #recount(): void {
    this.#engine.isFailing = this.failures > 0;
  }
}
