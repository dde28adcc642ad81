import { BatchFailure, isLocked, Refusal } from "./wire-error.ts";

// How long to wait before asking for a lock again; the last one for all further times.
const LOCK_PAUSES_MS = [0.5, 1, 2, 3, 5, 5, 8, 10];

/** The wait of one statement for a lock that somebody else holds: pauses, after each of which the lock is asked for again. */
export class LockWait {
  readonly #busyTimeout: number;
  readonly #again: () => void;
  #pauses = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(busyTimeout: number, again: () => void) {
    this.#busyTimeout = busyTimeout;
    this.#again = again;
  }

  /** The statement has been tried, and met a lock. */
  get begun(): boolean {
    return this.#pauses > 0;
  }

  /** How long a statement that came at `arrivedAt` may still wait, in ms. */
  left(arrivedAt: number): number {
    return this.#busyTimeout - (performance.now() - arrivedAt);
  }

  pause(left: number): void {
    const pause = LOCK_PAUSES_MS[Math.min(this.#pauses, LOCK_PAUSES_MS.length - 1)] ?? 1;
    this.#pauses++;
    this.#retry = setTimeout(() => this.#wakeUp(), Math.min(pause, left));
  }

  /** Asks at once, if it pauses. */
  hurry(): void {
    if (this.#retry !== undefined) this.#wakeUp();
  }

  /** The lock was got, or is not waited for any longer. */
  over(): void {
    this.#pauses = 0;
  }

  /** What a statement gets that has failed with `error`: when that is a lock, that it has waited in vain. */
  failure(error: unknown, arrivedAt: number): unknown {
    if (error instanceof BatchFailure) return new BatchFailure(this.failure(error.failed, arrivedAt), error.statement);
    if (!isLocked(error)) return error;
    const waitedMs = Math.round(performance.now() - arrivedAt);
    return new Refusal("lock", error instanceof Error ? error.message : "locked", { waitedMs, code: "SQLITE_BUSY" });
  }

  #wakeUp(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#again();
  }
}
