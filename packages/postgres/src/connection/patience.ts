/** For how long a server may owe an answer, and the error when it does so for longer. */
export interface ReplyLimit {
  /** In ms; `Infinity` for ever. */
  readonly ms: number;
  error(): Error;
}

/** Cancels an exchange of many answers when one of them takes too long. The time that the other side takes for itself does not count. */
export class Patience {
  readonly #limit: ReplyLimit | undefined;
  readonly #controller: AbortController | undefined;
  /** The exchange's: aborts when the caller's does, and when patience is over. */
  readonly signal: AbortSignal | undefined;

  constructor(limit: ReplyLimit | undefined, signal: AbortSignal | undefined) {
    this.#limit = limit;
    this.#controller = limit === undefined || limit.ms === Infinity ? undefined : new AbortController();
    const mine = this.#controller?.signal;
    this.signal = mine === undefined || signal === undefined ? (mine ?? signal) : AbortSignal.any([signal, mine]);
  }

  /** Settles as `answer` does. */
  async during<T>(answer: Promise<T>): Promise<T> {
    const limit = this.#limit;
    const controller = this.#controller;
    if (limit === undefined || controller === undefined) return await answer;
    const timer = setTimeout(() => controller.abort(limit.error()), limit.ms);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }
}
