import { reasonOf } from "@pool/core";

/** One notification. */
export interface Notification {
  readonly channel: string;
  /** Empty when none was given. */
  readonly payload: string;
  /** The server's process that sent it, as `pg_backend_pid()` told the sender. */
  readonly processId: number;
}

/** Called for each, in the order in which the server sent them. A promise is not waited for, only watched for rejection. */
export type NotificationHandler = (payload: string, notification: Notification) => unknown;

/** A time in which notifications may have been missed: the server keeps none for who is away. */
export interface Gap {
  /** When the connection was last known to work. */
  readonly since: Date;
  /** When the server listened again. */
  readonly until: Date;
  /** What ended the connection. */
  readonly cause: unknown;
}

export interface ListenOptions {
  /** Told once for each outage, when the server listens again and before the notifications that follow. What depends on the channel is best read anew. */
  onGap?: (gap: Gap) => unknown;
  /** Told what the handler or `onGap` has thrown or rejected with. Default: a process warning. */
  onError?: (error: unknown) => void;
  /** Ends the wait for the server's confirmation. */
  signal?: AbortSignal;
}

/** One call of `listen`, and what it wants to be told. Nothing that it throws gets out. */
export class Subscriber {
  readonly channel: string;
  readonly #handler: NotificationHandler;
  readonly #options: ListenOptions;
  /** The server has confirmed that it listens. */
  isConfirmed = false;
  isOver = false;
  readonly #onEnd: ((reason: unknown) => void) | undefined;

  /** @param onEnd called when it is over, with the reason where it did not ask for that */
  constructor(
    channel: string,
    handler: NotificationHandler,
    options: ListenOptions,
    onEnd?: (reason: unknown) => void,
  ) {
    this.channel = channel;
    this.#handler = handler;
    this.#options = options;
    this.#onEnd = onEnd;
  }

  end(reason: unknown): void {
    if (!this.isOver) this.#onEnd?.(reason);
    this.isOver = true;
  }

  notify(notification: Notification): void {
    this.#call(() => this.#handler(notification.payload, notification));
  }

  gap(gap: Gap): void {
    this.#call(() => this.#options.onGap?.(gap));
  }

  #call(work: () => unknown): void {
    if (this.isOver) return;
    try {
      const outcome = work();
      if (isThenable(outcome)) outcome.then(undefined, (error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    const { onError } = this.#options;
    try {
      if (onError !== undefined) return onError(error);
    } catch (second) {
      error = second;
    }
    const message = `a handler of notifications on ${JSON.stringify(this.channel)} failed: ${reasonOf(error)}`;
    process.emitWarning(message, "NotificationHandlerWarning");
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
