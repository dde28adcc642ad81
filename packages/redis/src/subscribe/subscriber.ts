import { PoolError, reasonOf } from "@pool/core";
import { type Message, type MessageHandler, type SubscribeOptions, type SubscriptionGap } from "./message.js";

const MAX_BUFFERED = 10_000;

/** One call of `subscribe`, and what it wants to be told. Nothing that a handler throws gets out. */
export class Subscriber {
  readonly names: readonly string[];
  readonly byPattern: boolean;
  isOver = false;
  /** The server has confirmed it once: the call that made it has ended. */
  isConfirmed = false;
  readonly #handler: MessageHandler | undefined;
  readonly #options: SubscribeOptions;
  readonly #buffer: Message[] = [];
  #failure: Error | undefined;
  #wake: () => void = () => undefined;
  #missing: Omit<SubscriptionGap, "until"> | undefined;

  constructor(names: readonly string[], handler: MessageHandler | undefined, options: SubscribeOptions) {
    this.names = names;
    this.byPattern = options.patterns === true;
    this.#handler = handler;
    this.#options = options;
  }

  notify(message: Message): void {
    this.resume();
    if (this.isOver) return;
    if (this.#handler !== undefined) return this.#call(() => this.#handler?.(message));
    const { maxBuffered = MAX_BUFFERED } = this.#options;
    if (this.#buffer.length < maxBuffered) this.#buffer.push(message);
    else this.end(tooSlow(message.channel, maxBuffered));
    this.#wake();
  }

  /** The connection has gone, and messages may be missed from now on. */
  interrupt(missing: Omit<SubscriptionGap, "until">): void {
    if (this.isConfirmed) this.#missing ??= missing;
  }

  /** The server tells of messages again. */
  resume(): void {
    const missing = this.#missing;
    this.#missing = undefined;
    if (missing !== undefined && !this.isOver)
      this.#call(() => this.#options.onGap?.({ ...missing, until: new Date() }));
  }

  /** Nothing more comes, and nobody has asked for that: who has a handler is told by `onError`, who iterates by what the loop throws. */
  fail(error: Error): void {
    if (this.isOver) return;
    this.end(error);
    if (this.#handler !== undefined) this.#report(error);
  }

  /** Nothing more comes. */
  end(failure?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#failure = failure;
    this.#wake();
  }

  /** What has come and comes. Ends with the subscription, and throws what that ended with. */
  async *messages(): AsyncGenerator<Message, undefined> {
    for (;;) {
      yield* this.#buffer.splice(0);
      if (this.#buffer.length > 0) continue;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.isOver) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #call(work: () => unknown): void {
    const report = (error: unknown): void => this.#report(error);
    try {
      Promise.resolve(work()).catch(report);
    } catch (error) {
      report(error);
    }
  }

  #report(error: unknown): void {
    const { onError } = this.#options;
    try {
      if (onError !== undefined) return onError(error);
    } catch (second) {
      error = second;
    }
    const message = `the subscription to ${JSON.stringify(this.names)}: ${reasonOf(error)}`;
    process.emitWarning(message, "MessageHandlerWarning");
  }
}

function tooSlow(channel: string, maxBuffered: number): PoolError {
  const message = `${maxBuffered} messages of ${JSON.stringify(channel)} wait to be read already`;
  return new PoolError("QUEUE_FULL", message, { details: { maxBuffered } });
}
