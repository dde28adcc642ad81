import { type Command, Redis } from "ioredis";
import { tracingChannel } from "node:diagnostics_channel";
import RedisParser from "redis-parser";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { Outbox } from "./outbox.js";

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

  send(command: Command): void {
    const { condition, commandQueue } = this.#redis;
    // Who listens to ioredis's own events gets them, and who reads its DEBUG output as well.
    if (!this.#isShort || condition === null || command.name === "himport" || traces.hasSubscribers) {
      this.#redis.sendCommand(command, this.#asStream);
      return;
    }
    (command as unknown as Replying).setReplyContext?.(condition);
    this.#outbox.write(command.toWritable(this.#redis.stream));
    commandQueue.push({ command, stream: this.#asStream, select: condition.select } as never);
  }
}

/** Is there nothing about it that ioredis has to see to for every command? */
function isPlain({ condition, options, stream }: GuardedRedis): boolean {
  const { commandTimeout, socketTimeout, reconnectOnError } = options;
  if (commandTimeout !== undefined || socketTimeout !== undefined || typeof reconnectOnError === "function")
    return false;
  if (condition?.subscriber !== false || ("protocol" in condition && condition.protocol === 3)) return false;
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
  const parser = new RedisParser({
    returnReply: (reply) => next()?.resolve(reply),
    returnError: (error) => next()?.reject(error),
    returnFatalError: lose,
  });
  // What is a text in the end is not made bytes on the way.
  const prepare = (): void => {
    const command = commandQueue.peekFront()?.command as unknown as Replying | undefined;
    parser.setReturnBuffers(command?.replyEncoding !== "utf8");
  };
  const next = (): Command | undefined => {
    const command = commandQueue.shift()?.command;
    if (command === undefined) lose(new Error("the server has answered what nobody has asked"));
    else prepare();
    return command as unknown as Command | undefined; // ioredis puts nothing else in
  };
  stream.removeAllListeners("data");
  stream.on("data", (data: Buffer) => {
    prepare();
    parser.execute(data);
  });
}
