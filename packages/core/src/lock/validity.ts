import { unlessAborted } from "../aborts.js";
import type { Timer } from "../time.js";
import type { LockStore } from "./lock.js";
import type { LockClock, Reading } from "./lock-clock.js";

/** One lock at its backend, as it is kept. */
export interface Kept {
  readonly store: LockStore;
  readonly time: LockClock;
  readonly random: () => number;
  readonly key: string;
  readonly owner: string;
  readonly ttl: number;
}

/** How much earlier than the backend we stop to count on a lock, in ms: for clocks that run at different speeds. */
export function marginOf(ttl: number): number {
  return ttl / 100 + 2;
}

const BACKGROUND = { background: true };
const LONGEST_PAUSE = 400;

/** For how long a lock can be counted on. Renews that time every third of the ttl, until it is over or the backend says that it is not ours. */
export class Validity {
  readonly #kept: Kept;
  readonly #over: AbortSignal;
  readonly #lose: (why: string, cause?: unknown) => void;
  /** When the last request was sent that the backend has granted. */
  #from: Reading;
  #deadline: Timer | undefined;
  #lastFailure: unknown;

  /**
   * @param over ends it
   * @param lose called when it is over by itself
   */
  constructor(kept: Kept, from: Reading, over: AbortSignal, lose: (why: string, cause?: unknown) => void) {
    this.#kept = kept;
    this.#from = from;
    this.#over = over;
    this.#lose = lose;
    this.#watchDeadline();
    void this.#keepRenewing();
  }

  /** Looks at the clocks. When the time is over, the lock is lost now. */
  check(): boolean {
    if (this.#over.aborted) return false;
    if (this.#left > 0) return true;
    this.#lose("it was not renewed in time", this.#lastFailure);
    return false;
  }

  get #left(): number {
    const { time, ttl } = this.#kept;
    return time.left(this.#from, ttl - marginOf(ttl));
  }

  #watchDeadline(): void {
    const { clock } = this.#kept.time;
    const timer = clock.setTimeout(
      () => {
        if (this.check()) this.#watchDeadline(); // it was renewed meanwhile
      },
      Math.max(1, this.#left),
    );
    timer.unref();
    if (this.#deadline === undefined)
      this.#over.addEventListener("abort", () => this.#deadline && clock.clearTimeout(this.#deadline), { once: true });
    this.#deadline = timer;
  }

  async #keepRenewing(): Promise<void> {
    const { time, ttl, random } = this.#kept;
    const third = ttl / 3;
    let pause = time.left(this.#from, third);
    try {
      while (this.check()) {
        await time.sleep(pause, this.#over, BACKGROUND);
        const from = time.read();
        const isRenewed = this.check() && (await this.#renew(from, third));
        const rest = Math.max(0, time.left(from, third));
        pause = isRenewed ? rest : Math.min(rest, LONGEST_PAUSE, ttl / 10) * (0.5 + random() / 2);
      }
    } catch {
      // it is over
    }
  }

  /** Resolves when the backend has answered, and after `patience` ms without an answer; a later one counts as well. */
  async #renew(from: Reading, patience: number): Promise<boolean> {
    const { store, time, key, owner, ttl } = this.#kept;
    let isRenewed = false;
    const answered = unlessAborted(this.#over, () => store.renew(key, owner, ttl, this.#over)).then(
      (isOurs) => {
        isRenewed = isOurs;
        this.#answered(isOurs, from);
      },
      (error: unknown) => {
        this.#lastFailure = error;
      },
    );
    await time.settled(answered, patience, BACKGROUND);
    return isRenewed;
  }

  #answered(isOurs: boolean, from: Reading): void {
    if (!this.check()) return;
    if (!isOurs) this.#lose("the backend has it for somebody else, or for nobody");
    else if (from.monotonic > this.#from.monotonic) {
      this.#from = from;
      this.#lastFailure = undefined;
    }
  }
}
