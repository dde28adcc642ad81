import { systemClock, type Timer } from "@pool/core";

/** When the caller of a command goes: at its signal, or when its time is over. */
export class Leaving {
  readonly #given: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #timer: Timer | undefined;

  /** @param late gives what it is told when its time is over */
  constructor(given: AbortSignal | undefined, timeout: number, late: () => Error) {
    this.#given = given;
    if (given?.aborted === true) this.#onAbort();
    else given?.addEventListener("abort", this.#onAbort, { once: true });
    if (timeout !== Infinity) this.#timer = systemClock.setTimeout(() => this.#controller.abort(late()), timeout);
  }

  /** Aborts when it goes, with what it is told. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The command is over. */
  end(): void {
    this.#given?.removeEventListener("abort", this.#onAbort);
    if (this.#timer !== undefined) systemClock.clearTimeout(this.#timer);
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#given?.reason);
}
