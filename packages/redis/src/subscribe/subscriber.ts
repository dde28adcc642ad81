import { PoolError, reasonOf } from "@pool/core";
import { type Message, type MessageHandler, type SubscribeOptions, type SubscriptionGap } from "./message.js";

const MAX_BUFFERED = 10_000;

/** One call of `subscribe`, and what it wants to be told. Nothing that a handler throws gets out. */
export class Subscriber {
  readonly names: readonly string[];
  readonly byPattern: boolean;
  isOver = false;
  readonly #handler: MessageHandler | undefined;
  readonly #options: SubscribeOptions;
  readonly #buffer: Message[] = [];
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(names: readonly string[], handler: MessageHandler | undefined, options: SubscribeOptions) {
    this.names = names;
    this.byPattern = options.patterns === true;
    this.#handler = handler;
    this.#options = options;
  }

  notify(message: Message): void {
    if (this.isOver) return;
    if (this.#handler !== undefined) return this.#call(() => this.#handler?.(message));
    const { maxBuffered = MAX_BUFFERED } = this.#options;
    if (this.#buffer.length < maxBuffered) this.#buffer.push(message);
    else this.end(tooSlow(message.channel, maxBuffered));
    this.#wake();
  }

  gap(gap: SubscriptionGap): void {
    if (!this.isOver) this.#call(() => this.#options.onGap?.(gap));
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
    const message = `a handler of messages on ${JSON.stringify(this.names)} failed: ${reasonOf(error)}`;
    process.emitWarning(message, "MessageHandlerWarning");
  }
}

function tooSlow(channel: string, maxBuffered: number): PoolError {
  const message = `${maxBuffered} messages of ${JSON.stringify(channel)} wait to be read already`;
  return new PoolError("QUEUE_FULL", message, { details: { maxBuffered } });
}
