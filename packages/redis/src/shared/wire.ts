import { reasonOf } from "@pool/core";
import { type Command, Redis } from "ioredis";
import { tracingChannel } from "node:diagnostics_channel";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { Outbox } from "./outbox.js";
import { ReplyReader } from "./reply-reader.js";

type Stream = Parameters<Redis["sendCommand"]>[1];

/** What ioredis keeps to itself of a command. */
interface Replying {
  /** As which text its replies are read; bytes without. */
  readonly replyEncoding?: unknown;
  /** Not in every version that we take. */
  setReplyContext?(condition: unknown): void;
}

const traces = tracingChannel("ioredis:command");

/**
 * The commands and replies of one connection that many share. ioredis opens it, and does all that is rare; what is done for every command is done here,
 * for half of what ioredis asks of each does not concern a connection that is ready and in no mode, and was half of the time.
 */
export class Wire {
  readonly #redis: GuardedRedis;
  readonly #outbox: Outbox;
  readonly #asStream: Stream;
  readonly #isShort: boolean;

  /** @param lose ends the connection: what it says makes no sense any more */
  constructor(redis: GuardedRedis, lose: (cause: Error) => void) {
    this.#redis = redis;
    this.#outbox = new Outbox(redis);
    const outbox: unknown = this.#outbox;
    this.#asStream = outbox as Stream; // `write` is all that ioredis asks of it
    this.#isShort = isPlain(redis);
    if (this.#isShort) read(redis, lose);
  }

  /** What has been sent and has not left yet, in bytes. */
  get unsent(): number {
    return this.#outbox.size + this.#redis.stream.writableLength;
  }

  send(command: Command): void {
    const { condition, commandQueue, status, stream } = this.#redis;
    // Who listens to ioredis's own events gets them; and it knows what to do with a command that can go nowhere.
    const isShort = this.#isShort && status === "ready" && stream.writable && command.name !== "himport";
    if (!isShort || condition === null || traces.hasSubscribers) {
      this.#redis.sendCommand(command, this.#asStream);
      return;
    }
    (command as unknown as Replying).setReplyContext?.(condition);
    this.#outbox.write(command.toWritable(stream));
    commandQueue.push({ command, stream: this.#asStream, select: condition.select } as never);
  }
}

/** Is there nothing about it that ioredis has to see to for every command? */
function isPlain({ condition, options, stream }: GuardedRedis): boolean {
  const { commandTimeout, socketTimeout, reconnectOnError, stringNumbers } = options;
  if (commandTimeout !== undefined || socketTimeout !== undefined || typeof reconnectOnError === "function")
    return false;
  if (stringNumbers === true || ("replyMapping" in options && options.replyMapping === "resp3")) return false;
  if (condition?.subscriber !== false) return false;
  if (isWatched()) return false;
  return stream.listenerCount("data") === 1;
}

/** Somebody wants to see each command as it passes through ioredis: its DEBUG output, or a tracer that has put itself in the place of a method. */
function isWatched(): boolean {
  const { sendCommand } = Redis.prototype;
  return (
    sendCommand.name !== "sendCommand" || "__wrapped" in sendCommand || process.env.DEBUG?.includes("ioredis") === true
  );
}

/** Reads in the place of ioredis, whose reader is the one that listens. Nothing is under way, so that it has nothing half read. */
function read(redis: GuardedRedis, lose: (cause: Error) => void): void {
  const { stream, commandQueue } = redis;
  const fail = (problem: string): void => {
    reader.stop();
    lose(new Error(problem));
  };
  const next = (): Command | undefined => {
    const command = commandQueue.shift()?.command;
    if (command === undefined) fail("the server has answered what nobody has asked");
    return command as unknown as Command | undefined; // ioredis puts nothing else in
  };
  const reader = new ReplyReader({
    isText: () => (commandQueue.peekFront()?.command as Replying | undefined)?.replyEncoding === "utf8",
    reply: (value) => next()?.resolve(value),
    error: (error) => next()?.reject(error),
  });
  stream.removeAllListeners("data");
  stream.on("data", (data: Buffer) => {
    try {
      reader.read(data);
    } catch (error) {
      // Not with the error itself: of what was read, which may be anybody's, nothing belongs into others' errors.
      fail(`what the server sends makes no sense: ${reasonOf(error)}`);
    }
  });
}
