import { type Clock, type Lease } from "@pool/core";
import { Command } from "ioredis";
import { closeConnection } from "../connection/open-connection.js";
import { type GuardedRedis, unanswered } from "../connection/guarded-redis.js";
import { isBehind } from "./behind.js";
import { type LinkOptions, type LinkOwner, type LinkState } from "./link-options.js";
import { isPing, outgoing, type Outgoing } from "./outgoing.js";
import { Stopwatch } from "./stopwatch.js";
import { Wire } from "./wire.js";

/** A link that is asked whether it is still there answers within so long, in ms, or hardly ever. */
const MOMENT = 1_000;

/** One connection that all callers share. */
export class Link {
  readonly redis: GuardedRedis;
  readonly expiresAt: number;
  state: LinkState = "clear";
  /** When something has come from it last. */
  heardAt: number;
  /** Since when the server owes an answer, while it does. */
  owedSince: number;
  readonly #lease: Lease<GuardedRedis>;
  readonly #clock: Clock;
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner;
  readonly #wire: Wire;
  readonly #stopwatch: Stopwatch;
  #isReferenced = false;
  /** Somebody waits until it is no longer full. */
  #isHeld = false;

  constructor(lease: Lease<GuardedRedis>, options: LinkOptions, owner: LinkOwner, clock: Clock) {
    this.#lease = lease;
    this.redis = lease.resource;
    this.#clock = clock;
    this.#options = options;
    this.#owner = owner;
    this.heardAt = this.owedSince = clock.now();
    this.expiresAt = this.heardAt + options.lifetime;
    this.#stopwatch = new Stopwatch(options.roundTrips);
    this.#wire = new Wire(this.redis, (cause) => this.lose(cause));
    this.redis.stream.on("data", () => this.#heard());
    this.redis.stream.on("drain", () => this.#release());
    this.redis.once("end", () => this.#end(this.redis.trouble));
  }

  get inFlight(): number {
    return this.redis.commandQueue.length;
  }

  /** The server may owe an answer for so long before something must be wrong, in ms. */
  get patience(): number {
    return this.#options.roundTrips.patience;
  }

  /** Somebody waits for one of those that were sent. */
  get isWanted(): boolean {
    for (const command of unanswered(this.redis)) if (!command.isSettled && !isPing(command as Outgoing)) return true;
    return false;
  }

  /** The server, or the line to it, is behind: what is sent now would only lie here. */
  get isFull(): boolean {
    return isBehind(this.redis, this.#wire.unsent, this.#options.maxQueued);
  }

  /** Tells its owner when it may not be full any more. */
  hold(): void {
    this.#isHeld = true;
  }

  /** May a command be sent now? */
  accepts(now: number): boolean {
    if (this.state !== "clear" || this.redis.status !== "ready" || !this.redis.stream.writable || this.isFull)
      return false;
    return this.inFlight > 0 || now - this.heardAt < this.#options.validateIfIdleFor;
  }

  /** It takes commands, or will in a moment: who comes now waits for an answer alone, and however many they are. */
  isThere(now: number): boolean {
    return (this.state === "clear" && !this.isFull) || (this.state === "checking" && now - this.owedSince < MOMENT);
  }

  send(command: Outgoing, now: number): void {
    if (this.inFlight === 0) {
      this.owedSince = now;
      if (!this.#isReferenced) this.#reference(true);
      this.#owner.expect(this);
    }
    this.#stopwatch.sent(command, now);
    command.via = this.redis;
    this.#wire.send(command);
  }

  /** Asks whether it is still there. Until it answers, nothing else is sent where `waits`. */
  ping(now: number, waits: boolean): void {
    if (waits && this.state === "clear") this.state = "checking";
    const ping = outgoing(new Command("ping"), this.#options.home, now, 0);
    ping.deadline = Infinity; // ends with the link
    ping.promise.catch(() => undefined);
    this.send(ping, now);
  }

  /** The process may end while nothing is under way. */
  rest(): void {
    if (this.inFlight === 0 && this.#isReferenced) this.#reference(false);
  }

  /** Nothing more is sent on it. */
  retire(): void {
    if (this.state !== "ended") this.state = "retired";
  }

  /** Ends it: what is on it may have been carried out or not. */
  lose(cause: unknown): void {
    this.redis.trouble ??= cause;
    void closeConnection(this.redis);
    this.#end(cause);
  }

  #heard(): void {
    this.heardAt = this.owedSince = this.#clock.now();
    this.#stopwatch.heard(this.heardAt);
    if (this.state === "checking" || this.state === "silent") {
      this.state = "clear";
      this.#isHeld = true;
    }
    this.#release();
  }

  #release(): void {
    if (!this.#isHeld || this.state !== "clear") return;
    this.#isHeld = false;
    this.#owner.cleared(this);
  }

  #reference(on: boolean): void {
    this.#isReferenced = on;
    if (on) this.redis.stream.ref();
    else this.redis.stream.unref();
  }

  #end(cause: unknown): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.#lease.destroy(cause);
    this.#owner.ended(this, cause);
  }
}
