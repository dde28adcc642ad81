import { PoolError, reasonOf, withoutStack } from "../errors.js";
import { moment } from "../events.js";
import type { Taken } from "./asking.js";
import type { LettingGo } from "./letting-go.js";
import type { HeldLock } from "./lock.js";
import type { Reading } from "./lock-clock.js";
import { Validity, type Kept } from "./validity.js";

const releases = moment("lock:release");
const losses = moment("lock:lost");

/** A lock that was given, and to whom. */
export interface Given extends Kept {
  readonly label: string | undefined;
  readonly releaseTimeout: number;
  readonly lettingGo: LettingGo;
  /** An earlier take of it went without an answer: it may still be on its way to the backend. */
  readonly isUncertain: boolean;
}

/** A lock from the moment it was given to its end. */
export class Held implements HeldLock {
  readonly key: string;
  readonly token: bigint;
  readonly #given: Given;
  readonly #since: Reading;
  readonly #validity: Validity;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  readonly #ended = Promise.withResolvers<undefined>();

  constructor(given: Given, { token, from }: Taken) {
    this.#given = given;
    this.key = given.key;
    this.token = token;
    this.#since = given.time.read();
    this.#validity = new Validity(given, from, this.#over.signal, (why, cause) => this.lose(why, cause));
  }

  get label(): string | undefined {
    return this.#given.label;
  }

  get heldMs(): number {
    return Math.round(this.#given.time.since(this.#since));
  }

  /** Resolves when the backend has let go of it, `releaseTimeout` after its end at the latest. */
  get ended(): Promise<undefined> {
    return this.#ended.promise;
  }

  get lost(): AbortSignal {
    this.#validity.check();
    return this.#lost.signal;
  }

  isHeld(): boolean {
    return this.#validity.check();
  }

  async release(): Promise<void> {
    if (this.#validity.check()) {
      this.#end();
      const { store, key, label } = this.#given;
      if (releases.hasSubscribers) releases.publish({ kind: store.kind, key, label, heldMs: this.heldMs });
    }
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  [Symbol.dispose](): void {
    void this.release();
  }

  /** Ours no more, or not to be counted on any more. Has no effect after its end. */
  lose(why: string, cause?: unknown): void {
    if (this.#over.signal.aborted) return;
    const { heldMs } = this;
    const error = withoutStack(() => this.#lossOf(why, cause, heldMs));
    this.#end();
    const { store, key, label } = this.#given;
    if (losses.hasSubscribers) losses.publish({ kind: store.kind, key, label, heldMs, cause: error });
    this.#lost.abort(error);
  }

  #lossOf(why: string, cause: unknown, heldMs: number): PoolError {
    const { store, key, label } = this.#given;
    const by = label === undefined ? "" : ` of ${JSON.stringify(label)}`;
    const tail = cause === undefined ? "" : ` (${reasonOf(cause)})`;
    return new PoolError(
      "LOCK_LOST",
      `lock ${JSON.stringify(key)}${by} is lost after ${String(heldMs)} ms: ${why}${tail}`,
      {
        ...(cause !== undefined && { cause }),
        details: { kind: store.kind, key, label, heldMs, token: String(this.token) },
      },
    );
  }

  /** A lost one is dropped as well: the backend may see it otherwise, and nobody else would get it before its ttl is over. */
  #end(): void {
    const { time, lettingGo, releaseTimeout, key, owner, ttl, isUncertain } = this.#given;
    this.#over.abort();
    const dropped = lettingGo.drop({ key, owner, ttl, uncertain: isUncertain });
    void time.settled(dropped, releaseTimeout).then(() => this.#ended.resolve(undefined));
  }
}
