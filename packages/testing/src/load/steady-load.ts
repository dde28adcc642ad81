import { isPoolError } from "@pool/core";

/** What one caller did and was told. Times are those of `performance.now()`. */
export interface Operation<K extends string = string> {
  /** Not given twice in a process. */
  readonly id: number;
  readonly kind: K;
  readonly startedAt: number;
  readonly settledAt: number;
  /** "ok", a PoolError's code, or what else it was rejected with. */
  readonly outcome: string;
  readonly message: string;
  /** False where the error says that nothing was sent. */
  readonly maybeSent: boolean;
}

export interface SteadyLoadOptions<K extends string> {
  /** Operations started per second. */
  readonly rate: number;
  /** One after the other, and again. */
  readonly kinds: readonly K[];
}

let nextId = 1;

/** Callers that come at a steady rate, whatever becomes of those before them. */
export class SteadyLoad<K extends string> {
  readonly operations: Operation<K>[] = [];
  /** Operations that have not settled. */
  pending = 0;
  readonly #work: (id: number, kind: K) => Promise<unknown>;
  readonly #kinds: readonly K[];
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #started = 0;
  #onSettled: () => void = () => undefined;

  /** @param work one operation; rejects when it failed or the reply was wrong */
  constructor(work: (id: number, kind: K) => Promise<unknown>, { rate, kinds }: SteadyLoadOptions<K>) {
    this.#work = work;
    this.#kinds = kinds;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedAt) / 1_000) * rate;
      while (this.#started < due) this.#start();
    }, 5);
  }

  /** Starts nothing more, and resolves when all have settled; rejects when that takes longer than `patience` ms. */
  async stop(patience: number): Promise<readonly Operation<K>[]> {
    clearInterval(this.#timer);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const late = (): void => reject(new Error(`${this.pending} operations had not settled after ${patience} ms`));
    const timer = setTimeout(late, patience);
    this.#onSettled = () => this.pending === 0 && resolve(undefined);
    this.#onSettled();
    await promise.finally(() => clearTimeout(timer));
    return this.operations;
  }

  #start(): void {
    const kind = this.#kinds[this.#started++ % this.#kinds.length];
    if (kind === undefined) return; // no kinds, no operations
    this.pending++;
    void this.#run(nextId++, kind).finally(() => {
      this.pending--;
      this.#onSettled();
    });
  }

  async #run(id: number, kind: K): Promise<void> {
    const startedAt = performance.now();
    let outcome = "ok";
    let message = "";
    let maybeSent = true;
    try {
      await this.#work(id, kind);
    } catch (error) {
      outcome = isPoolError(error) ? error.code : String(error);
      message = error instanceof Error ? error.message : "";
      if (isPoolError(error)) maybeSent = error.details.sent !== false;
    }
    this.operations.push({ id, kind, startedAt, settledAt: performance.now(), outcome, message, maybeSent });
  }
}

/** How many failed, by what they were told. */
export function summarize(failed: readonly Pick<Operation, "outcome">[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of failed) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(", ") || "none";
}
