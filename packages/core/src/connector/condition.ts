import type { Clock } from "../time.js";
import type { Health, KnownHealth } from "./health.js";
import type { StateMachine } from "./state-machine.js";

/**
 * What is known of the backend of one client: the last that a check found or its adapter told. From the client's opening to its end it moves the
 * connector between `ready` and `degraded`, and back from wherever it has come to since.
 */
export class Condition {
  readonly #clock: Clock;
  #health: Health | undefined;
  #knownAt = 0;
  #news = 0;
  #state: StateMachine | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined until something is known. */
  get health(): KnownHealth | undefined {
    return this.#health && { ...this.#health, ageMs: Math.max(0, this.#clock.now() - this.#knownAt) };
  }

  /** Counts what the adapter told: what was asked before the last of it is out of date. */
  get news(): number {
    return this.#news;
  }

  /** The client is there: what was told of it before counts now. */
  begin(state: StateMachine): void {
    this.#state = state;
  }

  /** The client goes: what is told of it from now on counts no more. */
  end(): void {
    this.#state = undefined;
  }

  /** The adapter's word. */
  told(healthy: boolean, error?: unknown): void {
    this.#news++;
    this.#know({ healthy, latencyMs: 0, checkedAt: Date.now(), ...(healthy ? {} : { error }) });
  }

  /** A check's word, asked for when `news` was `asked`. */
  found(health: Health, asked: number): void {
    if (asked === this.#news) this.#know(health);
  }

  /** Brings the state in line with what is known. */
  apply(): void {
    const { healthy, error } = this.#health ?? {};
    const current = this.#state?.current;
    if (healthy === true && (current === "degraded" || current === "reconnecting" || current === "failed"))
      this.#state?.to("ready");
    if (healthy === false && current === "ready") this.#state?.to("degraded", error);
  }

  #know(health: Health): void {
    this.#health = health;
    this.#knownAt = this.#clock.now();
    this.apply();
  }
}

/** A client while it is open, and what is known of its backend. */
export interface Held<C> {
  readonly client: C;
  readonly condition: Condition;
}
