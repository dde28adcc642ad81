import { LONGEST_TIMER } from "@pool/core";
import { type Command } from "ioredis";
import { routeOf } from "../commands/rules.js";
import { type Home, outgoing } from "../shared/outgoing.js";
import { Dirt } from "./dirt.js";
import { type Credentials, type DriverOptions, GuardedRedis } from "./guarded-redis.js";
import { blockingTime } from "./blocking-time.js";

export interface LeasedOptions {
  readonly home: Home;
  /** Longest time for a command that does not block, in ms. */
  readonly commandTimeout: number;
}

const MESSAGES = ["message", "messageBuffer", "pmessage", "pmessageBuffer", "smessage", "smessageBuffer"] as const;

const KINDS = ["subscribe", "psubscribe", "ssubscribe"] as const;

/** One connection as it is lent: an ioredis client that knows what its borrower has done to it, and whose commands all have a deadline. */
export class LeasedRedis extends GuardedRedis {
  #dirt: Dirt;
  readonly #options: LeasedOptions;
  readonly #home: number;
  #serverId: Promise<number | undefined> | undefined;

  constructor(options: DriverOptions, credentials: Credentials, leased: LeasedOptions) {
    super(
      { ...options, retryStrategy: null, enableOfflineQueue: false, autoResendUnfulfilledCommands: false },
      credentials,
    );
    this.#options = leased;
    this.#home = options.db ?? 0;
    this.#dirt = new Dirt(this.#home);
    this.once("ready", () => {
      // The process may end while nothing is under way.
      this.stream.on("data", () => this.commandQueue.length === 0 && !this.#listens && this.stream.unref());
    });
  }

  /** Free of round trips. */
  get leftBehind(): { readonly inTransaction: boolean; readonly busy: boolean; readonly clean: boolean } {
    const { inTransaction, isClean } = this.#dirt;
    return { inTransaction, busy: this.commandQueue.length > 0, clean: isClean };
  }

  /** What the server calls this connection; undefined where this user may not ask. Never rejects. */
  get serverId(): Promise<number | undefined> {
    return (this.#serverId ??= this.client("ID").catch(() => (this.#serverId = undefined)));
  }

  get #listens(): boolean {
    return Boolean(this.condition?.subscriber);
  }

  override sendCommand(command: Command, stream?: Parameters<GuardedRedis["sendCommand"]>[1]): unknown {
    if (this.status !== "ready") return super.sendCommand(command, stream); // the handshake, or nothing to send it on
    const { home, commandTimeout } = this.#options;
    this.#dirt.note(command);
    const wait = routeOf(command) === "blocking" ? blockingTime(command) : 0;
    const sent = outgoing(command, home, 0, wait + commandTimeout);
    sent.via = this;
    if (sent.limit !== Infinity) sent.setTimeout(Math.min(sent.limit, LONGEST_TIMER));
    this.stream.ref();
    return super.sendCommand(sent, stream);
  }

  async send(command: Command): Promise<unknown> {
    this.sendCommand(command);
    return (await command.promise) as unknown;
  }

  /** Undoes what the lease has left behind. Rejects where that cannot be done. */
  async undo(): Promise<void> {
    const { forGood, inTransaction, isWatching, hasSubscribed, db } = this.#dirt;
    if (forGood !== undefined) throw new Error(`nothing takes ${forGood} back`);
    if (hasSubscribed) await this.#unsubscribe();
    const undone: Promise<unknown>[] = [];
    if (inTransaction) undone.push(this.discard());
    else if (isWatching) undone.push(this.unwatch());
    if (db !== this.#home) undone.push(this.select(this.#home));
    await Promise.all(undone);
    this.#dirt = new Dirt(this.#home);
  }

  async #unsubscribe(): Promise<void> {
    for (const event of MESSAGES) this.removeAllListeners(event);
    // By their names: to one without any, ioredis finds no answer while others are left.
    const listening = this.condition?.subscriber;
    if (listening === undefined || listening === false) return;
    const [channels, patterns, shards] = KINDS.map((kind) => listening.channels(kind));
    const left: Promise<unknown>[] = [];
    if (channels?.length) left.push(this.unsubscribe(...channels));
    if (patterns?.length) left.push(this.punsubscribe(...patterns));
    if (shards?.length) left.push(this.sunsubscribe(...shards));
    await Promise.all(left);
    if (this.#listens) throw new Error("it still listens to channels");
  }
}
