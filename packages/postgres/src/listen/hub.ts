import { type Notification as PgNotification } from "pg";
import { type Dialled } from "../connect/dialled.js";
import { postgresError, sqlstateOf } from "../errors.js";
import { Dials } from "../redial/dials.js";
import { type DialsOptions } from "../redial/dials-owner.js";
import { commands } from "./channel.js";
import { Confirmations } from "./confirmations.js";
import { closed, unavailable } from "./failures.js";
import { listenToAll } from "./listen-all.js";
import { Line, type LineOptions } from "./line.js";
import { type Notification, type Subscriber } from "./subscriber.js";
import { Subscribers } from "./subscribers.js";

export interface HubOptions extends LineOptions, Omit<DialsOptions, "pipeline" | "impatience"> {}

/** From so long an outage on, in ms, connects are tried every 5 s instead of every 400 ms. */
const IMPATIENCE = 60_000;

/** Keeps one connection for as long as somebody subscribes, makes it listen to what they want, and tells them what it may have missed. */
export class Hub {
  readonly subscribers = new Subscribers();
  readonly #options: HubOptions;
  readonly #dials: Dials;
  readonly #confirmations = new Confirmations();
  readonly #closing = new Set<Promise<void>>();
  #line: Line | undefined;
  /** What came before the gap was told; undefined once the line listens to all. */
  #held: Notification[] | undefined;
  #outage: { readonly since: Date; readonly cause: unknown } | undefined;
  #isClosed = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#dials = new Dials(
      { ...options, pipeline: false, impatience: IMPATIENCE },
      {
        wanted: () => (this.subscribers.channelCount > 0 && this.#line === undefined ? 1 : 0),
        opened: (dialled, took) => this.#opened(dialled, took),
        failed: () => this.#failed(),
      },
    );
  }

  get isListening(): boolean {
    return this.#line !== undefined && this.#held === undefined;
  }

  /** Resolves when the server has confirmed; rejects with its error, or when it cannot be reached. */
  async subscribe(subscriber: Subscriber): Promise<void> {
    if (this.#isClosed) throw closed(this.#options.name);
    this.subscribers.add(subscriber);
    const confirmed = this.#confirmations.wait(subscriber);
    const line = this.isListening ? this.#line : undefined;
    if (line === undefined) this.#dials.pursue();
    else void this.#listenTo(line, subscriber);
    await confirmed;
  }

  /** Of the last subscriber of a channel the server is told, and the connection of the last of all is closed. Never rejects. */
  async unsubscribe(subscriber: Subscriber, reason?: unknown): Promise<void> {
    this.#confirmations.refuse(subscriber, reason);
    subscriber.end(reason);
    if (!this.subscribers.remove(subscriber)) return;
    const line = this.#line;
    if (this.subscribers.channelCount === 0) await this.#hangUp();
    else if (line !== undefined && this.isListening)
      await line.run(commands("UNLISTEN", [subscriber.channel])).catch((error: unknown) => line.break(error));
  }

  /** Never rejects, and takes `closeTimeout` at most. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#dials.close();
    for (const subscriber of this.subscribers.all()) await this.unsubscribe(subscriber, closed(this.#options.name));
    await Promise.all(this.#closing);
  }

  async #listenTo(line: Line, subscriber: Subscriber): Promise<void> {
    try {
      await line.run(commands("LISTEN", [subscriber.channel]));
      this.#confirmations.confirm(subscriber);
    } catch (error) {
      // Without an answer of the server the line has broken, and the next one sees to it.
      if (sqlstateOf(error) === undefined) line.break(error);
      else void this.unsubscribe(subscriber, postgresError(this.#options.name, error));
    }
  }

  #opened(dialled: Dialled, took: number): (cause?: unknown) => void {
    this.#dials.callOff();
    const line: Line = new Line(dialled, this.#options, took, {
      notified: (message) => this.#receive(line, message),
      broken: (cause) => this.#broke(line, cause),
    });
    this.#line = line;
    this.#held = [];
    void this.#begin(line);
    return (cause) => line.break(cause ?? new Error("the server has closed the connection"));
  }

  async #begin(line: Line): Promise<void> {
    try {
      await listenToAll(line, this.subscribers);
    } catch (error) {
      line.break(error);
    }
    if (this.#line !== line) return;
    if (this.subscribers.channelCount === 0) return void this.#hangUp();
    this.#dials.worked();
    if (this.#outage !== undefined) this.subscribers.tellGap({ ...this.#outage, until: new Date() });
    this.#outage = undefined;
    for (const subscriber of this.subscribers.all()) this.#confirmations.confirm(subscriber);
    for (const notification of this.#held ?? []) this.subscribers.deliver(notification);
    this.#held = undefined;
  }

  #receive(line: Line, { channel, payload, processId }: PgNotification): void {
    if (this.#line !== line) return;
    const notification = { channel, payload: payload ?? "", processId };
    if (this.#held === undefined) this.subscribers.deliver(notification);
    else this.#held.push(notification);
  }

  #broke(line: Line, cause: unknown): void {
    if (this.#line !== line) return;
    const wasListening = this.isListening;
    this.#line = undefined;
    this.#outage ??= { since: line.provenAt, cause };
    if (wasListening) this.#dials.lost();
    else this.#dials.failed(cause);
  }

  /** Connects fail: who waits for a confirmation is told; who was listening goes on to wait for the server. */
  #failed(): void {
    const error = unavailable(this.#options.name, this.#dials.trouble);
    for (const subscriber of this.#confirmations.awaited) void this.unsubscribe(subscriber, error);
  }

  async #hangUp(): Promise<void> {
    this.#dials.callOff();
    const line = this.#line;
    this.#line = undefined;
    this.#outage = undefined;
    if (line === undefined) return;
    const closing = line.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    await closing;
  }
}
