/** One message of a channel. */
export interface Message {
  readonly channel: string;
  readonly message: string;
  /** The pattern that it came by, where it was subscribed to by one. */
  readonly pattern: string | undefined;
}

/** Called for each, in the order in which the server sent them. A promise is not waited for, only watched for rejection. */
export type MessageHandler = (message: Message) => unknown;

/** A time in which messages may have been missed: the server keeps none for who is away. */
export interface SubscriptionGap {
  /** When the last question was asked that the connection has answered: nothing that was published before is missing. */
  readonly since: Date;
  /** When the server has taken the subscription again. */
  readonly until: Date;
  /** What ended the connection. */
  readonly cause: unknown;
}

export interface SubscribeOptions {
  /** The names are patterns: `news.*`. @default false */
  readonly patterns?: boolean;
  /** Told once for each outage, when the server has taken the subscription again and before the messages that follow. */
  readonly onGap?: (gap: SubscriptionGap) => unknown;
  /**
   * Told what a handler or `onGap` has thrown or rejected with, and the error of a server that refuses the subscription when it is made again after
   * an outage, which ends it. Default: a process warning.
   */
  readonly onError?: (error: unknown) => void;
  /** Messages that are kept for a `for await` that is slower than they come; one more ends it with `QUEUE_FULL`. @default 10_000 */
  readonly maxBuffered?: number;
  /** Ends the wait for the server's confirmation, and the subscription when it aborts later. */
  readonly signal?: AbortSignal;
}

/** One subscription. Iterate over it where it was made without a handler; leaving the loop ends it. */
export interface Subscription extends AsyncIterable<Message>, AsyncDisposable {
  readonly names: readonly string[];
  /** No message is delivered from the call on. Resolves when the server has been told where that was needed; never rejects. */
  unsubscribe(): Promise<void>;
}
