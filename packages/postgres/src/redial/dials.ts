import { BackOff, LONGEST_PAUSE, type Timer } from "@pool/core";
import { dialOnce, tookTooLong } from "./dial-once.js";
import { type DialsOptions, type DialsOwner } from "./dials-owner.js";

interface Dial {
  readonly startedAt: number;
  readonly controller: AbortController;
}

/** Between two connects, whatever happens: at most 20 a second. */
const SHORTEST_PAUSE = 50;
const MAX_SLOW = 3;

/** Connects under way: one at a time while they fail, with pauses that double and vary at random. */
export class Dials {
  readonly #options: DialsOptions;
  readonly #owner: DialsOwner;
  readonly #backOff: BackOff;
  readonly #underWay: Dial[] = [];
  #timer: Timer | undefined;
  #lastStart = -Infinity;
  #troubledSince = 0;
  #closed = false;

  constructor(options: DialsOptions, owner: DialsOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#backOff = new BackOff(options);
  }

  /** The failures in a row, and the last one's cause. */
  get trouble(): { readonly failures: number; readonly cause: unknown } {
    return { failures: this.#backOff.failures, cause: this.#backOff.lastError };
  }

  /** Too many failures in a row for callers to go on waiting, unless a connect is about to tell otherwise. */
  get isDown(): boolean {
    if (!this.#backOff.down) return false;
    const now = this.#options.clock.now();
    return this.#young(now) === 0 && now < this.#nextStart(now);
  }

  /** Starts connects as far as they are wanted and due, and sees to it that the others start when they are. */
  pursue(): void {
    if (this.#timer !== undefined || this.#closed) return;
    while (this.#owner.wanted() > this.#young(this.#options.clock.now())) {
      const now = this.#options.clock.now();
      const at = this.#nextStart(now);
      if (at > now) return this.#wait(at - now);
      this.#start(now);
    }
    if (this.#owner.wanted() > 0) this.#wait(this.#backOff.slowAfter);
  }

  /** A connection that worked has ended by itself. */
  lost(): void {
    this.#backOff.doubt();
    this.pursue();
  }

  worked(): void {
    this.#backOff.succeeded();
  }

  /** Of those under way only the `wanted` oldest go on. */
  callOff(wanted = 0): void {
    this.#stopTimer();
    for (const { controller } of this.#underWay.splice(wanted)) controller.abort(new Error("no longer wanted"));
  }

  close(): void {
    this.#closed = true;
    this.callOff();
  }

  /** Connects that are young enough to be counted on. */
  #young(now: number): number {
    return this.#underWay.filter(({ startedAt }) => now - startedAt < this.#backOff.slowAfter).length;
  }

  #nextStart(now: number): number {
    if (this.#backOff.failures > 0 && this.#young(now) > 0) return now + SHORTEST_PAUSE;
    const isNews = now - this.#troubledSince < this.#options.impatience;
    const longest = isNews ? LONGEST_PAUSE.wanted : LONGEST_PAUSE.unwanted;
    return this.#lastStart + Math.max(SHORTEST_PAUSE, this.#backOff.pause(longest));
  }

  #wait(ms: number): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.pursue();
    }, ms);
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(now: number): void {
    // The oldest keeps its whole connectTimeout, for a server that is merely slow; those behind it make room in turn.
    if (this.#underWay.length >= MAX_SLOW) this.#underWay[1]?.controller.abort(tookTooLong(this.#options.name));
    this.#lastStart = now;
    const dial: Dial = { startedAt: now, controller: new AbortController() };
    this.#underWay.push(dial);
    void this.#run(dial);
  }

  async #run(dial: Dial): Promise<void> {
    let found;
    try {
      found = await dialOnce(this.#options, dial.controller);
    } catch (error) {
      if (this.#leave(dial)) this.failed(error);
      return;
    }
    if (this.#leave(dial)) found.onLost(this.#owner.opened(found.dialled, this.#options.clock.now() - dial.startedAt));
    else found.dialled.destroy();
  }

  /** False when it was called off. */
  #leave(dial: Dial): boolean {
    const at = this.#underWay.indexOf(dial);
    if (at < 0) return false;
    this.#underWay.splice(at, 1);
    this.#stopTimer(); // it was set for a connect under way
    return true;
  }

  /** A connect failed, or its connection broke before it was of any use. */
  failed(cause: unknown): void {
    const now = this.#options.clock.now();
    if (this.#backOff.failures === 0) this.#troubledSince = now;
    this.#backOff.failed(cause);
    if (this.#backOff.down && this.#young(now) === 0) this.#owner.failed();
    this.pursue();
  }
}
