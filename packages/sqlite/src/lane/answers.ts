/**
 * What the callers of one list are to be told. Those of the last message hear when the connection has been given back, so that what they
 * call next finds it free: it would otherwise wake up another thread, again and again.
 */
export class Answers {
  #held: (() => void)[] = [];
  readonly #deliverEarly: () => void;

  /** `complete` tells whether no more will come: who takes the list's connection back delivers then. */
  constructor(complete: () => boolean) {
    this.#deliverEarly = () => {
      if (!complete()) this.deliver();
    };
  }

  add(tell: () => void): void {
    if (this.#held.length === 0) queueMicrotask(this.#deliverEarly);
    this.#held.push(tell);
  }

  deliver(): void {
    const held = this.#held;
    this.#held = [];
    for (const tell of held) tell();
  }
}
