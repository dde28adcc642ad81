import type { TaskHold } from "./borrow.js";
import type { Priority } from "./pool.js";
import type { Borrowing, Request } from "./request.js";

/**
 * What a caller asked for, where it asked for anything but to wait for a signal. Stands here by itself: the options are the caller's, who may use them again for
 * something else.
 */
export class Terms implements Borrowing {
  // Fields that are only declared: one that is defined and then assigned costs a burst a tenth of its time.
  /** Longest wait, in ms. */
  declare readonly timeout: number;
  declare readonly priority: Priority | undefined;
  declare readonly label: string | undefined;
  declare readonly hold: TaskHold | undefined;
  declare readonly stack: string | undefined;

  constructor(request: Request | undefined, timeout: number, stack: string | undefined) {
    this.timeout = timeout;
    this.priority = request?.priority;
    this.label = request?.label;
    this.hold = request?.hold;
    this.stack = stack;
  }
}

/** The terms of those who queue. Callers who come together tend to ask for the same, and share them. */
export class TermsInTurn {
  /** How long those wait who say nothing, in ms. */
  readonly #patience: number;
  #last: Terms | undefined;

  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Undefined for one who asks for nothing. */
  of(request: Request | undefined, timeout: number, stack: string | undefined): Terms | undefined {
    if (stack !== undefined) return new Terms(request, timeout, stack);
    if (request === undefined) return undefined;
    const { label, priority, hold } = request;
    if (hold !== undefined) return new Terms(request, timeout, undefined);
    if (timeout === this.#patience && label === undefined && priority === undefined) return undefined;
    const last = this.#last;
    if (last?.timeout === timeout && last.label === label && last.priority === priority) return last;
    return (this.#last = new Terms(request, timeout, undefined));
  }
}
