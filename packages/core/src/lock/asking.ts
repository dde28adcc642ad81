import { randomUUID } from "node:crypto";
import { unlessAborted, withAnySignal } from "../aborts.js";
import { PoolError } from "../errors.js";
import { withTimeout } from "../time.js";
import { Failures } from "./failures.js";
import type { Dropped } from "./letting-go.js";
import type { Line } from "./line.js";
import type { LockHeldElsewhere, LockStore, LockTaken } from "./lock.js";
import type { LockClock, Reading } from "./lock-clock.js";
import { marginOf } from "./validity.js";

/** What is wanted, by whom, and how to ask for it. */
export interface Wanted {
  readonly store: LockStore;
  readonly time: LockClock;
  readonly random: () => number;
  readonly key: string;
  readonly ttl: number;
  readonly label: string | undefined;
  readonly isOnce: boolean;
}

export interface Taken {
  readonly token: bigint;
  /** When the request was sent that the backend has granted: its ttl runs from then or later. */
  readonly from: Reading;
}

type Answer = { readonly taken: Taken } | { readonly freeInMs: number | undefined } | { readonly failed: unknown };

const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 250;
const LONGEST_PAUSE_WHEN_TOLD = 1_000;
// A store that says "free" again and again must not make us spin.
const SHORTEST_GAP = 2;
// So many times in a row a key goes from one to the next in this process before others get a chance to be quicker.
const LONGEST_STREAK = 8;
const BREATHER = 10;

/** One caller asks the backend for the key until it is given, or the caller gives up. */
export class Asking {
  readonly wanted: Wanted;
  readonly owner = randomUUID();
  readonly #failures: Failures;
  /** A take that has not said that somebody else has the key: it may have taken it. */
  #unsettled: Promise<LockTaken | LockHeldElsewhere> | undefined;
  #isUncertain = false;
  #pause = FIRST_PAUSE;

  constructor(wanted: Wanted) {
    this.wanted = wanted;
    this.#failures = new Failures(wanted.time);
  }

  /** The lock; undefined when somebody else has it and it is asked for once. Rejects with the signal's reason at once. */
  async run(line: Line, signal: AbortSignal): Promise<Taken | undefined> {
    const { time, random, isOnce, ttl } = this.wanted;
    if (line.streak >= LONGEST_STREAK) {
      line.streak = 0;
      await time.sleep(BREATHER * (0.5 + random()), signal);
    }
    for (;;) {
      const from = time.read();
      const answer = await this.#ask(from, signal);
      if ("taken" in answer) {
        if (time.left(from, ttl - marginOf(ttl)) > 0) return answer.taken;
        continue; // the reply took longer than it is good for: the same owner asks again
      }
      if ("freeInMs" in answer) line.streak = 0;
      else if (isOnce || this.#failures.areLasting) throw answer.failed;
      if (isOnce) return undefined;
      await this.#waitAfter(answer, from, signal);
    }
  }

  /** A take went without an answer: it may still be on its way to the backend. */
  get isUncertain(): boolean {
    return this.#isUncertain;
  }

  /** What the backend failed with when it was last asked; undefined when it has answered. */
  get lastFailure(): unknown {
    return this.#failures.last;
  }

  /** The backend has not answered yet. */
  get isUnanswered(): boolean {
    return this.#unsettled !== undefined;
  }

  /** What has to be dropped at the backend when the caller has given up; undefined when it has certainly not been taken. */
  get leftBehind(): Dropped | undefined {
    if (this.#unsettled === undefined && !this.#isUncertain) return undefined;
    const { key, ttl } = this.wanted;
    return { key, owner: this.owner, ttl, after: this.#unsettled, uncertain: true };
  }

  async #ask(from: Reading, signal: AbortSignal): Promise<Answer> {
    const { store, time, key, ttl } = this.wanted;
    const late = (): Error =>
      new PoolError("COMMAND_TIMEOUT", `${store.kind} did not answer within the ${String(ttl)} ms of the lock`);
    const answer = withTimeout(time.clock, ttl, late, (timedOut) =>
      withAnySignal([signal, timedOut], (either) => store.take(key, this.owner, ttl, either ?? timedOut)),
    );
    this.#unsettled = answer;
    try {
      const reply = await unlessAborted(signal, () => answer);
      this.#failures.answered();
      this.#unsettled = undefined;
      return reply.token === undefined ? { freeInMs: reply.freeInMs } : { taken: { token: reply.token, from } };
    } catch (error) {
      signal.throwIfAborted();
      this.#isUncertain = true;
      this.#unsettled = undefined;
      this.#failures.failed(error);
      return { failed: error };
    }
  }

  async #waitAfter(answer: Answer, from: Reading, signal: AbortSignal): Promise<void> {
    const { time, random } = this.wanted;
    const jitter = 0.5 + random() / 2;
    const free = "freeInMs" in answer && answer.freeInMs !== undefined ? answer.freeInMs + 1 : Infinity;
    const isTold = "freeInMs" in answer && (await this.#told(Math.min(free, LONGEST_PAUSE_WHEN_TOLD * jitter), signal));
    if (!isTold) {
      await time.sleep(Math.min(free, this.#pause * jitter), signal);
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    }
    const tooEarly = time.left(from, SHORTEST_GAP);
    if (tooEarly > 0) await time.sleep(tooEarly, signal);
  }

  /** Waits for the store's word that the key may be free, at most `ms`. False when it gives none. */
  async #told(ms: number, signal: AbortSignal): Promise<boolean> {
    const { store, time, key } = this.wanted;
    if (store.untilFree === undefined) return false;
    const over = new AbortController();
    try {
      await unlessAborted(signal, () =>
        Promise.race([store.untilFree?.(key, over.signal), time.sleep(ms, over.signal)]),
      );
      return true;
    } catch {
      signal.throwIfAborted();
      return false;
    } finally {
      over.abort();
    }
  }
}
