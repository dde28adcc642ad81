import { Line } from "./line.js";
import type { Piece } from "./piece.js";
import type { Priority } from "./pool.js";
import type { Watch } from "./signals.js";
import type { Terms } from "./terms.js";
import type { Reject, Resolve } from "./request.js";

/** Does one who has waited since then, and is due then, stay in the queue? */
type Stays = (since: number, deadline: number) => boolean;

/** One who has left the queue without a lease. */
export class Leaver<R> {
  readonly reject: Reject;
  readonly since: number;
  readonly terms: Terms | undefined;
  readonly watch: Watch<R> | undefined;

  constructor(piece: Piece<R>, at: number) {
    this.reject = piece.reject(at);
    this.since = piece.since(at);
    this.terms = piece.terms(at);
    this.watch = piece.watch(at);
  }
}

/** Who waits, in the order of being served: by priority, then by arrival. Leaving from the middle costs as little as from the front. */
export class WaitQueue<R> {
  readonly #normal = new Line<R>();
  #high: Line<R> | undefined;
  #low: Line<R> | undefined;
  #lines: readonly Line<R>[] = [this.#normal];
  /** How long those wait who said nothing. */
  readonly #patience: number;
  #waiting = 0;
  // Of all since nobody waited: whether they wait equally long, and how long.
  #isUniform = true;
  #timeout = 0;

  // Of one pass over all. The function is made once: a new one in each would have to be compiled each time.
  #stays: Stays = () => true;
  #leavers: Leaver<R>[] = [];
  readonly #leaveOrStay = (piece: Piece<R>, at: number): void => {
    if (this.#stays(piece.since(at), this.deadline(piece, at))) return;
    this.#leavers.push(new Leaver(piece, at));
    this.remove(piece, at);
  };

  /** @param patience how long those wait who say nothing, in ms */
  constructor(patience: number) {
    this.#patience = patience;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** All wait equally long: of each priority, the first is due first. */
  get isUniform(): boolean {
    return this.#isUniform;
  }

  /** One for each priority that anybody has asked for, in the order of being served. */
  get lines(): readonly Line<R>[] {
    return this.#lines;
  }

  /** How long those wait, in ms. */
  timeoutOf(terms: Terms | undefined): number {
    return terms === undefined ? this.#patience : terms.timeout;
  }

  /** Of one who waits. */
  deadline(piece: Piece<R>, at: number): number {
    return piece.since(at) + this.timeoutOf(piece.terms(at));
  }

  /** @returns where it stands: in the last place of that array */
  push(
    resolve: Resolve<R>,
    reject: Reject,
    since: number,
    terms: Terms | undefined,
    watch: Watch<R> | undefined,
  ): Piece<R> {
    const timeout = this.timeoutOf(terms);
    if (this.#waiting++ === 0) {
      this.#isUniform = true;
      this.#timeout = timeout;
    } else if (timeout !== this.#timeout) this.#isUniform = false;
    return this.#line(terms?.priority).push(resolve, reject, since, terms, watch);
  }

  /** Where the next to be served stands first. */
  get front(): Piece<R> | undefined {
    return this.#high?.front ?? this.#normal.front ?? this.#low?.front;
  }

  /** Takes one out from wherever it stands. */
  remove(piece: Piece<R>, at: number): void {
    this.#waiting--;
    piece.line.remove(piece, at);
  }

  /** Takes out all for whom `stays` is false, in the order of being served. */
  takeOut(stays: Stays): readonly Leaver<R>[] {
    this.#stays = stays;
    for (const line of this.#lines) line.forEach(this.#leaveOrStay);
    const leavers = this.#leavers;
    this.#leavers = [];
    return leavers;
  }

  #line(priority: Priority | undefined): Line<R> {
    if (priority === "high") return this.#high ?? this.#add((this.#high = new Line()));
    if (priority === "low") return this.#low ?? this.#add((this.#low = new Line()));
    return this.#normal;
  }

  #add(line: Line<R>): Line<R> {
    this.#lines = [this.#high, this.#normal, this.#low].filter((each) => each !== undefined);
    return line;
  }
}
