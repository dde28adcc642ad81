import { type Command, Redis, type RedisOptions } from "ioredis";
import { inspect } from "node:util";
import { classifyRedisError, isReply } from "../errors.js";
import { maskSecrets } from "./mask.js";

/** What ioredis takes; replies are mapped as it does by default, since its types depend on that. */
export type DriverOptions = Omit<RedisOptions, "replyMapping">;

export interface Credentials {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * An ioredis client that shows its password nowhere: neither in its options nor in dumps, errors and DEBUG output. ioredis reads the credentials when it
 * starts to connect; they are put there for that moment alone.
 */
export class GuardedRedis extends Redis {
  /** The last thing that went wrong with the connection, and not with a command. */
  trouble: unknown;
  #credentials: Credentials;

  constructor(options: DriverOptions, credentials: Credentials) {
    super({ ...options, lazyConnect: true });
    this.#credentials = credentials;
    // ioredis prints errors that nobody listens to.
    this.on("error", (error) => {
      // What the server has said while it was connected to tells more than how the line broke behind it.
      if (this.status === "ready" || !isReply(this.trouble)) this.trouble = error;
    });
    this.on("ready", () => this.#forget());
  }

  override connect(callback?: Parameters<Redis["connect"]>[0]): Promise<void> {
    return this.connectAs(this.#credentials, callback);
  }

  protected connectAs(credentials: Credentials, callback?: Parameters<Redis["connect"]>[0]): Promise<void> {
    this.options.username = credentials.user;
    this.options.password = credentials.password;
    try {
      return super.connect(callback);
    } finally {
      this.options.username = undefined;
      this.options.password = undefined;
    }
  }

  override sendCommand(command: Command, stream?: Parameters<Redis["sendCommand"]>[1]): unknown {
    maskSecrets(command);
    if (this.status === "connect") this.#shake(command);
    return super.sendCommand(command, stream);
  }

  [inspect.custom](): string {
    return `${this.constructor.name} { status: ${inspect(this.status)} }`;
  }

  toJSON(): { readonly status: string } {
    return { status: this.status };
  }

  /**
   * The handshake leaves in one write. A server that has no room says so and closes: the second of several writes would break the line before its
   * word is read, and ioredis tells that the line is closed and not what it has read.
   */
  #shake(command: Command): void {
    command.promise.catch((error: unknown) => {
      if (classifyRedisError(error) === "overload") this.trouble = error;
    });
    const { stream } = this;
    if (stream.writableCorked > 0) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  /** What ioredis keeps of the credentials for the handshake. */
  #forget(): void {
    const { condition } = this as { condition: { auth?: unknown } | null };
    if (condition !== null) condition.auth = undefined;
  }
}

/** The commands that were sent and have no answer yet, in their order. */
export function* unanswered(redis: Redis): Generator<Command> {
  const { commandQueue } = redis;
  for (let index = 0; index < commandQueue.length; index++) {
    const item = commandQueue.peekAt(index);
    if (item !== undefined) yield item.command as unknown as Command; // ioredis puts nothing else in
  }
}
