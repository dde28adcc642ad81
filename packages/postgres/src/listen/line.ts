import { type Clock, type Timer } from "@pool/core";
import { type Notification as PgNotification } from "pg";
import { type Dialled } from "../connect/dialled.js";
import { lineGone, silent } from "./failures.js";

export interface LineOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Longest wait for one reply, in ms; a line without it counts as broken. On one whose connect took longer it is as long as that. */
  readonly replyTimeout: number;
  readonly closeTimeout: number;
  /** How often it is asked whether it is still there, in ms. */
  readonly keepAlive: number;
}

export interface LineListener {
  notified(message: PgNotification): void;
  /** Told once, unless the line was ended from here. */
  broken(cause: unknown): void;
}

/** The one connection that listens: its commands one after the other, each bounded in time. */
export class Line {
  readonly #dialled: Dialled;
  readonly #options: LineOptions;
  readonly #listener: LineListener;
  readonly #replyTimeout: number;
  #last: Promise<unknown> = Promise.resolve();
  #timer: Timer | undefined;
  #isOver = false;
  /** When it was last known to work: what the server has answered was asked then. A reply may have been on its way for long. */
  provenAt = new Date();

  /** @param connectTook in ms: on a slow line one reply may take as long */
  constructor(dialled: Dialled, options: LineOptions, connectTook: number, listener: LineListener) {
    this.#dialled = dialled;
    this.#replyTimeout = Math.max(options.replyTimeout, connectTook);
    this.#options = options;
    this.#listener = listener;
    dialled.client.on("notification", (message) => {
      if (!this.#isOver) listener.notified(message);
    });
    this.#watch();
  }

  /** Behind what was asked before. Rejects with the server's error, or with why the line broke. */
  async run(text: string): Promise<void> {
    const turn = this.#last.then(() => this.#runNow(text));
    this.#last = turn.catch(() => undefined);
    await turn;
  }

  /** It is of no more use. Tells why once, unless it was ended from here. */
  break(cause: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#dialled.destroy();
    this.#listener.broken(cause);
  }

  /** Says goodbye; a peer that does not answer is cut off after `closeTimeout`. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#end();
    const { clock, closeTimeout } = this.#options;
    const timer = clock.setTimeout(() => this.#dialled.destroy(), closeTimeout);
    await this.#dialled.client.end();
    clock.clearTimeout(timer);
  }

  #end(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
  }

  async #runNow(text: string): Promise<void> {
    const { clock, name } = this.#options;
    const replyTimeout = this.#replyTimeout;
    if (this.#isOver) throw lineGone(name);
    const timer = clock.setTimeout(() => this.break(silent(name, replyTimeout)), replyTimeout);
    const askedAt = new Date();
    try {
      await this.#dialled.client.query(text);
      this.provenAt = askedAt;
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #watch(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.run("SELECT 1").then(
        () => {
          if (!this.#isOver) this.#watch();
        },
        (error: unknown) => this.break(error),
      );
    }, this.#options.keepAlive);
    this.#timer.unref(); // the socket is what keeps the process alive
  }
}
