import { moment, type Timer } from "@pool/core";
import type { CacheSettings } from "./settings.js";

const moves = moment("cache:store");
const FAILURES_IN_A_ROW = 3;
const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 5_000;

/** Whether the store is to be asked. It is away after three failures in a row, and is probed until it answers; that keeps no process alive. */
export class Outage {
  readonly #settings: CacheSettings;
  readonly #probe: () => Promise<unknown>;
  #isAway = false;
  #failures = 0;
  #number = 0;
  #pause = FIRST_PAUSE;
  #timer: Timer | undefined;
  #isClosed = false;

  /** @param probe rejects when the store is not there, or has not heard yet what it must */
  constructor(settings: CacheSettings, probe: () => Promise<unknown>) {
    this.#settings = settings;
    this.#probe = probe;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  /** Of the failures in a row, these or the last: each row has a number of its own, since the store may have confirmed something in between. */
  get number(): number {
    return this.#number;
  }

  answered(): void {
    this.#failures = 0;
  }

  failed(cause: unknown): void {
    this.#failures++;
    if (this.#isAway) return;
    if (this.#failures === 1) this.#number++;
    if (this.#failures < FAILURES_IN_A_ROW) return;
    this.#isAway = true;
    this.#tell("away", cause);
    this.probeSoon();
  }

  probeSoon(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    const { clock, random } = this.#settings;
    this.#timer = clock.setTimeout(() => void this.#look(), this.#pause * (0.5 + random() / 2));
    this.#timer.unref();
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const isThere = await this.#probe().then(
      () => true,
      () => false,
    );
    this.#timer = undefined;
    if (!isThere) {
      this.probeSoon();
      return;
    }
    this.#pause = FIRST_PAUSE;
    this.#failures = 0;
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#tell("back", undefined);
  }

  #tell(state: "away" | "back", cause: unknown): void {
    const { name, store } = this.#settings;
    if (moves.hasSubscribers) moves.publish({ cache: name, store: store.name, state, cause });
  }
}
