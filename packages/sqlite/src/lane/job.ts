import { AsyncLocalStorage } from "node:async_hooks";
import { type PoolError, statementContextHeard } from "@pool/core";
import { type Ask } from "../channel/ask.js";
import { type BatchRequest, type Done, type Reply, type Values } from "../helper/protocol.js";
import { type Plan } from "../read/plan.js";

export interface JobOptions {
  readonly plan: Plan;
  readonly values: Values | undefined;
  readonly label: string | undefined;
  /** Longest time from its sending to its reply, in ms. */
  readonly timeout: number;
  /** The caller chose the timeout, so that it is meant to be kept to the millisecond. */
  readonly ownTimeout: boolean;
  readonly signal: AbortSignal | undefined;
  /** Runs these in one transaction instead of the plan's text. */
  readonly batch: Pick<BatchRequest, "begin" | "statements"> | undefined;
}

// What is expected to take longer than this does not share a list with others, who would wait for it.
export const QUICK_MS = 5;
/** A read that has taken longer than this goes where it can be killed. */
export const LONG_MS = 250;

/** One statement (or batch) on its own, from its call to its result. Settles once; whoever comes second is not heard. */
export class Job {
  readonly options: JobOptions;
  readonly done: Promise<unknown>;
  readonly enqueuedAt: number;
  /** Called instead of settling, when a reader finds that the statement writes. */
  onWrites: (() => void) | undefined;
  settled = false;
  /** Runs a function in the caller's async context, where that matters to those who listen to statements: it costs 2.5 µs. */
  readonly inContext: (<T>(run: () => T) => T) | undefined = statementContextHeard()
    ? AsyncLocalStorage.snapshot()
    : undefined;
  #crowded = false;
  #resolve: (result: unknown) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #abort: ((reason: unknown) => void) | undefined;
  #onAbort: (() => void) | undefined;
  readonly #resultOf: (done: Done) => unknown;

  /** `resultOf` makes of the reply what {@link done} resolves with. */
  constructor(options: JobOptions, now: number, resultOf: (done: Done) => unknown) {
    this.options = options;
    this.enqueuedAt = now;
    this.#resultOf = resultOf;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Is it sent alone? What can be cancelled is, since a cancel may cost the connection; and what is not known to be quick. */
  get alone(): boolean {
    const { plan, signal, ownTimeout } = this.options;
    return signal !== undefined || ownTimeout || plan.expected > (this.#crowded ? LONG_MS : QUICK_MS);
  }

  /**
   * All places for those sent alone are taken by what takes long. Must it leave the lane? One that was seen to take some time, and not long, is
   * sent with the quick ones from now on: elsewhere it might wait for seconds behind what takes long there.
   */
  crowdedOut(): boolean {
    if (this.alone) this.#crowded = true;
    return this.alone;
  }

  /** What a helper is asked for. `stoppable`: it looks at each row whether it shall end. */
  ask(stoppable: boolean): Ask {
    const { plan, values, batch } = this.options;
    if (batch !== undefined) return (id) => ({ op: "batch", id, ...batch });
    return (id) => ({ op: "run", id, text: plan.text, values, session: false, stoppable });
  }

  /** What a helper has answered; `error` is what it comes to for the caller. */
  reply(reply: Reply, error: PoolError | undefined): void {
    if (this.settled) return;
    this.options.plan.took(reply.ms);
    if (reply.error === undefined) {
      this.#settle();
      this.#resolve(this.#resultOf(reply));
    } else if (reply.error.kind === "writes" && this.onWrites !== undefined) {
      const writes = this.onWrites;
      this.onWrites = undefined;
      writes();
    } else this.fail(error);
  }

  fail(error: unknown): void {
    if (this.settled) return;
    this.#settle();
    this.#reject(error);
  }

  /** What happens when the signal aborts before the job has settled; who says so last is asked. */
  onAbort(abort: (reason: unknown) => void): void {
    const { signal } = this.options;
    if (signal === undefined || this.settled) return;
    this.#abort = abort;
    if (signal.aborted) return abort(signal.reason);
    if (this.#onAbort !== undefined) return;
    this.#onAbort = () => this.#abort?.(signal.reason);
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  #settle(): void {
    this.settled = true;
    if (this.#onAbort !== undefined) this.options.signal?.removeEventListener("abort", this.#onAbort);
  }
}
