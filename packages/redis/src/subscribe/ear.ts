import { LONGEST_TIMER, type Lease } from "@pool/core";
import { closeConnection } from "../connection/open-connection.js";
import { answered } from "../connection/answered.js";
import { type GuardedRedis } from "../connection/guarded-redis.js";
import { type RoundTrips } from "../shared/round-trips.js";
import { type Message } from "./message.js";

export interface EarOwner {
  heard(message: Message): void;
  /** The connection has gone by itself. Not told of one that was hung up. */
  ended(ear: Ear, cause: unknown): void;
}

/**
 * The connection that is told messages. It keeps the process alive. What the server has been told is written down as it is written to the socket, so
 * that of several calls about one name the last one holds.
 */
export class Ear {
  /** When the last question was asked that it has answered: what the server sent until then has come. */
  provenAt = Date.now();
  /** Resolves when nothing comes from it any more. */
  readonly over: Promise<void>;
  readonly #redis: GuardedRedis;
  readonly #lease: Lease<GuardedRedis>;
  readonly #owner: EarOwner;
  readonly #roundTrips: RoundTrips;
  readonly #pinging: NodeJS.Timeout;
  /** The names that the server was asked for, each with its answer. */
  readonly #channels = new Map<string, Promise<unknown>>();
  readonly #patterns = new Map<string, Promise<unknown>>();
  readonly #resolveOver: () => void;
  #isOver = false;

  /** @param lease of a connection that is ready */
  constructor(lease: Lease<GuardedRedis>, pingInterval: number, roundTrips: RoundTrips, owner: EarOwner) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.over = promise;
    this.#resolveOver = () => resolve(undefined);
    this.#lease = lease;
    this.#owner = owner;
    this.#roundTrips = roundTrips;
    this.#redis = lease.resource;
    this.#redis.stream.ref();
    this.#redis.on("message", (channel: string, message: string) =>
      this.#hear({ channel, message, pattern: undefined }),
    );
    this.#redis.on("pmessage", (pattern: string, channel: string, message: string) =>
      this.#hear({ channel, message, pattern }),
    );
    this.#redis.once("end", () => this.#end(this.#redis.trouble));
    this.#pinging = setInterval(() => void this.#ping(), Math.min(pingInterval, LONGEST_TIMER)).unref();
  }

  /** Resolves when the server has confirmed all of them; asks for those that it has not been asked for yet. Each for itself, since it may refuse one. */
  async listen(byPattern: boolean, names: readonly string[]): Promise<void> {
    const asked = this.#asked(byPattern);
    this.#redis.stream.cork();
    const answers = names.map((name) => asked.get(name) ?? this.#ask(asked, byPattern, name));
    this.#redis.stream.uncork();
    await Promise.all(answers);
  }

  /** Resolves when the server has been told. */
  async forget(byPattern: boolean, names: readonly string[]): Promise<void> {
    const asked = this.#asked(byPattern);
    const gone = names.filter((name) => asked.delete(name));
    if (gone.length === 0) return;
    await (byPattern ? this.#redis.punsubscribe(...gone) : this.#redis.unsubscribe(...gone));
  }

  /** Nothing is heard from now on, and its owner is told no more. */
  hangUp(): void {
    this.#close(undefined);
  }

  #asked(byPattern: boolean): Map<string, Promise<unknown>> {
    return byPattern ? this.#patterns : this.#channels;
  }

  #ask(asked: Map<string, Promise<unknown>>, byPattern: boolean, name: string): Promise<unknown> {
    const answer = byPattern ? this.#redis.psubscribe(name) : this.#redis.subscribe(name);
    asked.set(name, answer);
    const isProof = this.#question();
    answer.then(isProof, () => {
      if (asked.get(name) === answer) asked.delete(name);
    });
    return answer;
  }

  #hear(message: Message): void {
    if (!this.#isOver) this.#owner.heard(message);
  }

  #end(cause: unknown): void {
    if (this.#isOver) return;
    this.#close(cause);
    this.#owner.ended(this, cause);
  }

  #close(cause: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#pinging);
    void closeConnection(this.#redis);
    this.#lease.destroy(cause);
    this.#resolveOver();
  }

  async #ping(): Promise<void> {
    const isProof = this.#question();
    const stopWaiting = this.#wait(performance.now());
    try {
      await answered(this.#redis.ping());
      isProof();
    } catch {
      // Its end is told by its socket.
    } finally {
      stopWaiting();
    }
  }

  /** Ends it when the answer to what is asked now takes too long; that the line is slow may turn out meanwhile. */
  #wait(from: number): () => void {
    const { patience } = this.#roundTrips;
    const late = (): void => {
      if (this.#roundTrips.patience > patience) stop = this.#wait(from);
      else this.#end(new Error(`a ping was not answered within ${Math.round(patience)} ms`));
    };
    const timer = setTimeout(late, from + patience - performance.now());
    let stop = (): void => clearTimeout(timer);
    return () => stop();
  }

  /** One is asked now. To be called when it is answered. */
  #question(): () => void {
    const [askedAt, from] = [Date.now(), performance.now()];
    return () => {
      this.provenAt = Math.max(this.provenAt, askedAt);
      this.#roundTrips.add(performance.now() - from);
    };
  }
}
