import type { Piece } from "./piece.js";
import type { Leaver, WaitQueue } from "./wait-queue.js";

const NOBODY: readonly never[] = [];

/** Who in a queue is due, where some may have come later than they are noted down. */
export class Expiry<R> {
  readonly #queue: WaitQueue<R>;
  readonly #later = new Map<number, { readonly ms: number; readonly until: number }>();

  // Of one scan. The functions are made once: new ones in each scan would have to be compiled each time.
  #now = 0;
  #earliest = Infinity;
  #since = NaN;
  #lateness = 0;
  readonly #stays = (since: number, deadline: number): boolean => {
    if (this.#isDue(since, deadline)) return false;
    const due = deadline > this.#now ? deadline : deadline + this.#lateness;
    if (due < this.#earliest) this.#earliest = due;
    return true;
  };

  constructor(queue: WaitQueue<R>) {
    this.#queue = queue;
  }

  /** Those who came at `time` may have come up to `ms` later, and are due by as much later. Forgotten by the first scan from `until` on. */
  mayBeLater(time: number, ms: number, until: number): void {
    if (until < Infinity) this.#later.set(time, { ms, until });
    this.#since = NaN;
  }

  /** Where one stands first who is due. */
  firstDue(now: number): Piece<R> | undefined {
    this.#now = now;
    for (const line of this.#queue.lines) {
      const piece = line.front;
      if (piece !== undefined && this.#isDue(piece.since(piece.first), this.#queue.deadline(piece, piece.first)))
        return piece;
    }
    return undefined;
  }

  /** Takes out all who are due behind the first, and tells the earliest deadline of the rest. Nobody who stands first is due. */
  takeOthers(now: number): { readonly expired: readonly Leaver<R>[]; readonly earliest: number } {
    this.#now = now;
    this.#earliest = Infinity;
    const expired = this.#queue.isUniform ? NOBODY : this.#queue.takeOut(this.#stays);
    if (this.#queue.isUniform) this.#lookAtFirst();
    for (const [time, { until }] of this.#later) {
      if (until > now) break; // they are in order
      this.#later.delete(time);
    }
    this.#since = NaN;
    return { expired, earliest: this.#earliest };
  }

  /** Should one of them be due after all, the next scan is due now. */
  #lookAtFirst(): void {
    for (const { front } of this.#queue.lines)
      if (front !== undefined && !this.#stays(front.since(front.first), this.#queue.deadline(front, front.first)))
        this.#earliest = this.#now;
  }

  #isDue(since: number, deadline: number): boolean {
    if (deadline > this.#now) return false;
    if (this.#later.size === 0) return true;
    if (since !== this.#since) this.#lateness = this.#later.get((this.#since = since))?.ms ?? 0;
    return deadline + this.#lateness <= this.#now;
  }
}
