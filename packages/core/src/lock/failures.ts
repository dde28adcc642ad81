import { classifyError, type ErrorClass } from "../error-class.js";
import { isPoolError, type PoolErrorCode } from "../errors.js";
import type { LockClock, Reading } from "./lock-clock.js";

const PATIENCE = 2_000;
const LASTING: ReadonlySet<ErrorClass> = new Set(["auth", "syntax", "constraint"]);
const LASTING_CODES: readonly PoolErrorCode[] = ["INVALID_ARGUMENT", "NOT_CONNECTED", "POOL_CLOSED"];

/** The failures of the backend in a row, as one caller meets them. */
export class Failures {
  readonly #time: LockClock;
  #since: Reading | undefined;
  #last: unknown;

  constructor(time: LockClock) {
    this.#time = time;
  }

  /** What it failed with when it was last asked; undefined when it has answered. */
  get last(): unknown {
    return this.#last;
  }

  answered(): void {
    this.#since = this.#last = undefined;
  }

  failed(error: unknown): void {
    this.#since ??= this.#time.read();
    this.#last = error;
  }

  /** It has failed for too long, or in a way that will not pass. */
  get areLasting(): boolean {
    if (this.#since === undefined) return false;
    if (LASTING_CODES.some((code) => isPoolError(this.#last, code))) return true;
    return LASTING.has(classifyError(this.#last)) || this.#time.left(this.#since, PATIENCE) <= 0;
  }
}
