import { type Lease } from "@pool/core";
import { closeConnection } from "../connection/open-connection.js";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { type Message } from "./message.js";

export interface EarOwner {
  heard(message: Message): void;
  ended(cause: unknown): void;
}

/** How long it may owe the answer to a ping, in ms. */
const PATIENCE = 1_000;

/** The connection that is told messages. It keeps the process alive. */
export class Ear {
  readonly redis: GuardedRedis;
  /** When it was last known to work. */
  aliveAt = new Date();
  readonly #lease: Lease<GuardedRedis>;
  readonly #pinging: NodeJS.Timeout;
  #isOver = false;

  constructor(lease: Lease<GuardedRedis>, pingInterval: number, owner: EarOwner) {
    this.#lease = lease;
    this.redis = lease.resource;
    this.redis.stream.ref();
    this.redis.on("message", (channel: string, message: string) =>
      owner.heard({ channel, message, pattern: undefined }),
    );
    this.redis.on("pmessage", (pattern: string, channel: string, message: string) =>
      owner.heard({ channel, message, pattern }),
    );
    this.redis.once("end", () => {
      this.close(undefined);
      owner.ended(this.redis.trouble);
    });
    this.#pinging = setInterval(() => void this.#ping(), Math.min(pingInterval, 2 ** 31 - 1)).unref();
  }

  close(cause: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#pinging);
    void closeConnection(this.redis);
    this.#lease.destroy(cause);
  }

  async #ping(): Promise<void> {
    const late = setTimeout(
      () => this.close(new Error(`nothing came from the server within ${PATIENCE} ms`)),
      PATIENCE,
    );
    try {
      await this.redis.ping();
      this.aliveAt = new Date();
    } catch {
      // Its end is told by its socket.
    } finally {
      clearTimeout(late);
    }
  }
}
