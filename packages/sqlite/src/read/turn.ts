/** How long this thread may spend on reads in one turn of the event loop, in ms. */
const BUDGET_MS = 4;

/**
 * Keeps reads of this thread from starving everything else: a loop of awaited point reads never leaves its turn of the event loop by
 * itself, because each is done at once. Over the budget, the next one waits for the next turn.
 */
export class Turn {
  #spent = 0;
  #armed = false;
  /** Its end: one is always kept, and with it what V8 has compiled for all (`lane/kept-shapes.ts`). */
  nextEnd: NodeJS.Immediate | undefined;
  #next: PromiseWithResolvers<undefined> | undefined;
  readonly #endTurn = (): void => {
    this.#spent = 0;
    this.#armed = false;
    const next = this.#next;
    this.#next = undefined;
    next?.resolve(undefined);
  };

  get over(): boolean {
    return this.#spent > BUDGET_MS;
  }

  spend(ms: number): void {
    this.#spent += ms;
    if (this.#armed) return;
    this.#armed = true;
    this.nextEnd = setImmediate(this.#endTurn);
  }

  /** Resolves in the next turn. */
  next(): Promise<unknown> {
    this.#next ??= Promise.withResolvers<undefined>();
    return this.#next.promise;
  }
}
