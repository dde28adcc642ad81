import { type Clock, type Pool } from "@pool/core";
import { Command } from "ioredis";
import { answered } from "../connection/answered.js";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { type Connects } from "./connects.js";
import { type DispatcherOptions, type SendOptions, type ShareNotice, type ShareStats } from "./dispatcher-options.js";
import { untilEmpty } from "./drain.js";
import { closed, unavailable } from "./failures.js";
import { heed } from "./heed.js";
import { Links } from "./links.js";
import { keptShapes, outgoing, type Outgoing, timedOut } from "./outgoing.js";
import { type Waiting, WaitingLine } from "./waiting.js";
import { Watch } from "./watch.js";

/** When connects have failed, the next try is asked for after so long, in ms; the pool has its own pauses. */
const TRY_AGAIN = 50;

/** Brings commands and the shared connection together: what can be sent is sent at once, the rest waits in one line. */
export class Dispatcher {
  readonly keptShapes = keptShapes();
  readonly #options: DispatcherOptions;
  readonly #connects: Connects;
  readonly #clock: Clock;
  readonly #line: WaitingLine;
  readonly #links: Links;
  readonly #watch: Watch;
  #isClosed = false;

  constructor(pool: Pool<GuardedRedis>, connects: Connects, options: DispatcherOptions, notice: ShareNotice) {
    this.#options = options;
    this.#connects = connects;
    this.#clock = options.clock;
    this.#line = new WaitingLine(options.home, options.maxQueued, connects);
    const owner = {
      ...notice,
      cleared: () => this.#flush(),
      expect: (at: number) => this.#watch.expect(at),
      isAwaited: () => this.#line.length > 0,
      gaveUp: () => void this.#clock.setTimeout(() => this.#line.length > 0 && this.#links.open(), TRY_AGAIN),
    };
    this.#links = new Links(pool, options, owner, this.#clock);
    const overdue = (command: Outgoing): Error => timedOut(options.home.where, command);
    this.#watch = new Watch(options.clock, (now) => Math.min(this.#links.look(now), this.#line.expire(now, overdue)));
  }

  get stats(): ShareStats {
    const { connections, inFlight } = this.#links;
    return { connections, inFlight, queued: this.#line.length };
  }

  /** Sends a command, or has it wait. Its promise says how it ended. */
  submit(command: Command, { timeout = this.#options.commandTimeout, signal }: SendOptions = {}): void {
    const now = this.#clock.now();
    const sent = outgoing(command, this.#options.home, now, timeout);
    if (signal !== undefined && !this.#heed(signal, sent)) return;
    this.#watch.expect(sent.deadline);
    const link = this.#links.current;
    if (this.#line.length === 0 && link?.accepts(now) === true && !this.#isClosed) link.send(sent, now);
    else this.#wait({ commands: [], deadline: sent.deadline }, sent);
  }

  /** Takes commands that must not come apart: all of them go over one connection, one behind the other, or none does. Hand them over in one turn. */
  batch({ timeout = this.#options.commandTimeout, signal }: SendOptions = {}): (command: Command) => void {
    const now = this.#clock.now();
    const link = this.#links.current;
    const isSent = this.#line.length === 0 && link?.accepts(now) === true && !this.#isClosed;
    const waiting: Waiting = { commands: [], deadline: now + timeout };
    let refusal: Error | undefined;
    this.#watch.expect(waiting.deadline);
    return (command) => {
      const sent = outgoing(command, this.#options.home, now, timeout);
      if (signal !== undefined && !this.#heed(signal, sent)) return;
      if (refusal !== undefined) sent.reject(refusal);
      else if (isSent) link.send(sent, now);
      else refusal = this.#wait(waiting, sent);
    };
  }

  /** One round trip, past all that waits. */
  async ping(signal: AbortSignal): Promise<void> {
    const command = new Command("ping", [], { replyEncoding: "utf8" });
    const { current } = this.#links;
    if (current?.state === "clear") {
      const now = this.#clock.now();
      const sent = outgoing(command, this.#options.home, now, this.#options.commandTimeout);
      if (this.#heed(signal, sent)) current.send(sent, now);
    } else this.submit(command, { signal });
    await answered(command.promise as Promise<unknown>);
  }

  /** Resolves when the server has answered over a connection that takes commands. */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#links.current?.state !== "clear") this.#links.open();
    await this.ping(signal);
  }

  /** The server takes no writes any more: what is sent from now on goes over a new connection, and to another server if there is one. */
  replace(): void {
    this.#links.replace();
  }

  /** A connect has failed. */
  connectFailed(): void {
    if (this.#connects.down && this.#links.current?.state !== "clear")
      this.#line.clear((command) => unavailable(this.#options.home.where, command, this.#connects));
  }

  /** Refuses what comes, waits up to `timeout` ms for what is here, rejects the rest, and resolves when nothing is open. */
  async close(timeout: number): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const isEmpty = (): boolean => this.#line.length === 0 && !this.#links.isWanted;
      await untilEmpty(this.#options.clock, timeout, isEmpty);
      this.#watch.stop();
      this.#line.clear((command) => closed(this.#options.home.where, command));
    }
    await this.#links.close();
  }

  #wait(waiting: Waiting, command: Outgoing): Error | undefined {
    const { current } = this.#links;
    const now = this.#clock.now();
    const refusal = this.#isClosed ? closed(this.#options.home.where, command) : undefined;
    const refused = this.#line.add(waiting, command, refusal, current?.isThere(now) !== true);
    if (refused !== undefined) return refused;
    if (current === undefined) this.#links.open();
    else if (current.inFlight > 0) current.hold();
    else if (current.state === "clear") current.ping(now, true);
    return undefined;
  }

  #flush(): void {
    this.#connects.failures = 0;
    const { current } = this.#links;
    if (current !== undefined) this.#line.sendOver(current, this.#clock.now());
  }

  /** False when the caller has gone already. What was to be sent with the command goes too. */
  #heed(signal: AbortSignal, command: Outgoing): boolean {
    return heed(signal, command, () => {
      const { waiting } = command;
      if (waiting === undefined)
        command.reject(signal.reason as Error); // it may be anything
      else this.#line.reject(waiting, () => signal.reason);
    });
  }
}
