import { BackOff, ConnectRate, LONGEST_PAUSE, type Timer } from "@pool/core";
import { describeEndpoint } from "../wire/socket.js";
import { dialOnce } from "./dial-once.js";
import { type DialledMember, type DialsOptions } from "./dials-options.js";

const SHORTEST_PAUSE = 50;
/** So long one member has before the next is tried beside it (RFC 8305 proposes 250 ms). */
const NEXT_MEMBER_AFTER = 250;
/** Members without a leader count as down after so long, in ms: they are electing one. */
const ELECTION = 3_000;
/** Under way at once; the second-oldest makes room, so that one keeps its whole `dialTimeout` for a server that is merely slow. */
const MOST_UNDER_WAY = 4;

interface Dial {
  readonly at: number;
  readonly startedAt: number;
  readonly controller: AbortController;
}

/** Connects, from member to member: the next one when one fails or is slow, and with pauses once all have been tried. */
export class Dials {
  readonly #options: DialsOptions;
  readonly #backOff: BackOff;
  readonly #underWay: Dial[] = [];
  readonly #starts = new ConnectRate();
  #next = 0;
  /** Members that have not been tried since the last success or pause. */
  #untried: number;
  #leaderless = 0;
  #leaderlessSince: number | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: DialsOptions) {
    this.#options = options;
    this.#backOff = new BackOff({ random: options.random });
    this.#untried = options.endpoints.length;
  }

  get lastError(): unknown {
    return this.#backOff.lastError;
  }

  /** Every member has failed, and three connects in a row: enough to tell those who wait. */
  get isDown(): boolean {
    if (this.#options.clock.now() - (this.#leaderlessSince ?? -Infinity) < ELECTION) return false;
    return this.#backOff.down && this.#backOff.failures >= this.#options.endpoints.length;
  }

  /** The member that was connected to is no good: the next is tried first. */
  skip(): void {
    this.#next++;
  }

  /** Starts a connect if one is wanted and due, and sees to it that the next one starts when it is. */
  pursue(): void {
    if (this.#timer !== undefined || this.#closed || !this.#options.wanted()) return;
    const now = this.#options.clock.now();
    const wait = this.#dueAt() - now;
    if (wait <= 0) this.#start(now);
    const again = (): void => {
      this.#timer = undefined;
      this.pursue();
    };
    // The one under way may hang.
    this.#timer = this.#options.clock.setTimeout(again, wait > 0 ? wait : this.#patience);
  }

  /** A connection is there without them. */
  calledOff(): void {
    this.#stopTimer();
    this.#backOff.succeeded();
    this.#untried = this.#options.endpoints.length;
    for (const { controller } of this.#underWay) controller.abort(new Error("no longer wanted"));
  }

  close(): void {
    this.#closed = true;
    this.calledOff();
  }

  get #patience(): number {
    return this.#untried > 0 ? NEXT_MEMBER_AFTER : this.#backOff.slowAfter;
  }

  #dueAt(): number {
    const pause = Math.max(SHORTEST_PAUSE, this.#backOff.pause(LONGEST_PAUSE.wanted));
    const due = Math.max(this.#starts.nextAt, this.#starts.last + (this.#untried > 0 ? 0 : pause));
    const youngest = this.#underWay.at(-1);
    return youngest === undefined ? due : Math.max(due, youngest.startedAt + this.#patience);
  }

  #start(now: number): void {
    const { endpoints } = this.#options;
    if (this.#underWay.length >= MOST_UNDER_WAY) this.#underWay[1]?.controller.abort(new Error("took too long"));
    const at = this.#next++ % endpoints.length;
    const endpoint = endpoints[at];
    if (endpoint === undefined) return; // there is one
    this.#untried = this.#untried > 0 ? this.#untried - 1 : endpoints.length - 1;
    this.#starts.add(now);
    const one: Dial = { at, startedAt: now, controller: new AbortController() };
    this.#underWay.push(one);
    void this.#run(one, dialOnce(this.#options, endpoint, one.controller.signal));
  }

  async #run(one: Dial, work: Promise<DialledMember>): Promise<void> {
    try {
      const { connection, hasLeader } = await work;
      this.#leave(one);
      if (this.#closed || !this.#options.wanted()) {
        void connection.close();
        return;
      }
      // A member without a leader serves only who asks for less than the latest; the others may know one.
      this.#leaderlessSince = hasLeader ? undefined : (this.#leaderlessSince ?? this.#options.clock.now());
      if (!hasLeader && ++this.#leaderless < this.#options.endpoints.length) {
        void connection.close();
        this.#failed(new Error(`${describeEndpoint(connection.endpoint)} knows of no leader`));
        return;
      }
      if (hasLeader) this.#starts.clear();
      this.#leaderless = 0;
      this.#next = one.at; // the same member first, the next time
      this.calledOff();
      this.#options.opened(connection);
    } catch (error) {
      this.#leave(one);
      if (!this.#closed && this.#options.wanted()) this.#failed(error);
    }
  }

  #failed(cause: unknown): void {
    this.#backOff.failed(cause);
    this.#options.failed();
    this.pursue();
  }

  #leave(one: Dial): void {
    this.#underWay.splice(this.#underWay.indexOf(one), 1);
    this.#stopTimer(); // it was set for a connect under way
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
