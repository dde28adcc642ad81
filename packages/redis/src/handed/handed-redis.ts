import { systemClock, withTimeout } from "@pool/core";
import { type Command, type Redis } from "ioredis";
import { type CredentialSource } from "../connect/credentials.js";
import { type Credentials, type DriverOptions, GuardedRedis } from "../connection/guarded-redis.js";
import { routeOf } from "../commands/rules.js";
import { isRefused, isSelectRefused } from "../errors.js";

/** Who hands it out, and closes it. */
export interface HandedOwner {
  readonly credentials: CredentialSource;
  add(redis: HandedRedis): void;
  delete(redis: HandedRedis): void;
}

type CredentialProvider = Extract<CredentialSource, (...given: never) => unknown>;

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 400;
/** Longest time for the credentials where a connect may take for ever, in ms. */
const LONGEST_FETCH = 30_000;

/**
 * An ioredis client for libraries that want one. It reconnects by itself, as they expect, and asks for its credentials each time. What was on a
 * connection that broke is rejected, and never sent again, but for the wait for a stream.
 */
export class HandedRedis extends GuardedRedis {
  readonly #owner: HandedOwner;
  readonly #given: DriverOptions;
  #connecting: Promise<void> | undefined;
  #wasRefused = false;
  #isLeaving = false;

  constructor(given: DriverOptions, owner: HandedOwner) {
    super({ retryStrategy: pause, reconnectOnError: isReadOnly, ...given, autoResendUnfulfilledCommands: false }, {});
    this.#owner = owner;
    this.#given = given;
    // Commands may come before the credentials are known, and ioredis asks which database they are for.
    this.condition ??= { select: given.db ?? 0, auth: undefined, subscriber: false } as unknown as Redis["condition"];
    owner.add(this);
    this.on("error", (error) => {
      this.#wasRefused ||= isRefused(error);
      if (isSelectRefused(error)) super.disconnect(true); // ioredis would go on in database 0
    });
    this.on("ready", () => (this.#wasRefused = false));
    this.on("close", () => this.#rejectSent());
    this.on("end", () => owner.delete(this));
    if (given.lazyConnect !== true) this.connect().catch(() => undefined); // told by its events, as ioredis does
  }

  override connect(callback?: Parameters<Redis["connect"]>[0]): Promise<void> {
    const { credentials } = this.#owner;
    if (typeof credentials !== "function") return this.connectAs(credentials, callback);
    this.#connecting ??= this.#connectWhenKnown(credentials).finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  override disconnect(reconnect = false): void {
    this.#isLeaving ||= !reconnect;
    super.disconnect(reconnect);
  }

  override duplicate(override?: DriverOptions): never {
    // Its type depends on the reply mapping, which is not ours to change.
    return new HandedRedis({ ...this.#given, ...override }, this.#owner) as never;
  }

  async #connectWhenKnown(source: CredentialProvider): Promise<void> {
    for (let times = 1; ; times++) {
      try {
        const credentials = await this.#fetch(source);
        const connected = this.connectAs(credentials);
        if (this.#isLeaving) super.disconnect();
        await connected;
        return;
      } catch (error) {
        this.trouble = error;
        this.#giveUpWaiting(times, error);
        // ioredis itself goes on from here, unless it has not been told to connect at all.
        if (this.#isLeaving || (this.status !== "wait" && this.status !== "reconnecting")) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause(times)));
      }
    }
  }

  async #fetch(source: CredentialProvider): Promise<Credentials> {
    const { connectTimeout = LONGEST_FETCH } = this.options;
    const late = (): Error => new Error(`no credentials within ${connectTimeout} ms`);
    const refresh = this.#wasRefused;
    return await withTimeout(systemClock, connectTimeout, late, (signal) => source({ signal, refresh }));
  }

  /** What waits for a connection is told after as many tries as ioredis gives it. */
  #giveUpWaiting(times: number, error: unknown): void {
    const { maxRetriesPerRequest: patience } = this.options;
    if (typeof patience !== "number" || times % (patience + 1) !== 0) return;
    const waiting = this as unknown as { flushQueue(error: unknown): void }; // ioredis's own, though its types call it private
    waiting.flushQueue(error);
  }

  /** ioredis drops what it is told not to send again, without a word to its callers. */
  #rejectSent(): void {
    const sent = (this as { prevCommandQueue?: Redis["commandQueue"] }).prevCommandQueue ?? this.commandQueue;
    for (let item = sent.shift(); item !== undefined; item = sent.shift()) {
      const command = item.command as unknown as Command; // ioredis puts nothing else in
      if (isWaitForStream(command)) void this.sendCommand(command);
      else command.reject(new Error("Connection is closed."));
    }
  }
}

function pause(times: number): number {
  return Math.min(FIRST_PAUSE * 2 ** Math.min(times - 1, 10), LONGEST_PAUSE) * (0.5 + Math.random() / 2);
}

/** It only reads, so that asking again is no second time; and who is told of the break instead pauses for seconds, as BullMQ does. */
function isWaitForStream(command: Command): boolean {
  const isAlone = command.pipelineIndex === undefined && !command.inTransaction;
  return command.name === "xread" && isAlone && routeOf(command) === "blocking";
}

function isReadOnly(error: Error): boolean {
  return error.message.startsWith("READONLY");
}
