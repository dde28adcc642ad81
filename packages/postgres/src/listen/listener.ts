import { type Clock, PoolError } from "@pool/core";
import { type Dialer } from "../connect/dialer.js";
import { checkChannel } from "./channel.js";
import { unconfirmed } from "./failures.js";
import { Hub } from "./hub.js";
import { type ListenOptions, type NotificationHandler, Subscriber } from "./subscriber.js";

export type { Gap, ListenOptions, Notification, NotificationHandler } from "./subscriber.js";

/** What `listen` gives: one handler on one channel. */
export interface Subscription extends AsyncDisposable {
  readonly channel: string;
  /** No notification is delivered from the call on. Resolves when the server has been told where that was needed; never rejects. */
  unlisten(): Promise<void>;
}

export interface ListenerStats {
  readonly channels: number;
  readonly subscriptions: number;
  /** False before the first subscription, and during an outage. */
  readonly isListening: boolean;
}

/** Notifications over one connection of its own, which is open while there is a subscription and keeps the process alive. */
export interface Listener {
  /**
   * Resolves when the server has confirmed that it listens; what is sent from then on arrives, in order. After an outage it listens again by
   * itself, and `onGap` says that something may have been missed.
   * @param channel taken as it is, upper case included
   * @throws PoolError `INVALID_ARGUMENT` for a name that the server would not take whole, and behind a PgBouncer in transaction mode ·
   * `UNAVAILABLE` after three failed connects · `ACQUIRE_TIMEOUT` · `POOL_CLOSED` · the reason of `signal`
   */
  listen(channel: string, handler: NotificationHandler, options?: ListenOptions): Promise<Subscription>;
  readonly stats: ListenerStats;
  /** Ends all subscriptions and the connection, within `timeout` ms. Never rejects. */
  close(timeout: number): Promise<void>;
}

/** All resolved, times in ms. */
export interface ListenerSettings {
  readonly name: string;
  readonly dialer: Dialer;
  readonly poolMode: "session" | "transaction";
  readonly keepAlive: number;
  readonly pool: {
    readonly clock: Clock;
    readonly random: () => number;
    readonly acquireTimeout: number;
    readonly connectTimeout: number;
    readonly validateTimeout: number;
    readonly closeTimeout: number;
  };
}

const OPTIONS = ["onGap", "onError", "signal"];

export function createListener({ name, dialer, poolMode, keepAlive, pool }: ListenerSettings): Listener {
  const { clock, random, connectTimeout, closeTimeout, validateTimeout, acquireTimeout } = pool;
  const hub = new Hub({
    name,
    dialer,
    keepAlive,
    clock,
    random,
    connectTimeout,
    closeTimeout,
    replyTimeout: validateTimeout,
  });

  return {
    async listen(channel, handler, options = {}) {
      checkChannel(channel);
      if (typeof handler !== "function") throw invalid("the handler must be a function");
      const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
      if (unknown !== undefined)
        throw invalid(`unknown option ${JSON.stringify(unknown)}; known are ${OPTIONS.join(", ")}`);
      if (poolMode === "transaction")
        throw invalid(
          'LISTEN needs a session of its own, which poolMode "transaction" does not have; listen on a connector to the server itself',
        );
      const { signal } = options;
      signal?.throwIfAborted();
      const subscriber = new Subscriber(channel, handler, options);
      const giveUp = (reason: unknown): void => void hub.unsubscribe(subscriber, reason);
      const onAbort = (): void => giveUp(signal?.reason);
      const timer =
        acquireTimeout === Infinity
          ? undefined
          : clock.setTimeout(() => giveUp(unconfirmed(name, acquireTimeout)), acquireTimeout);
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        await hub.subscribe(subscriber);
      } finally {
        signal?.removeEventListener("abort", onAbort);
        if (timer !== undefined) clock.clearTimeout(timer);
      }
      const unlisten = (): Promise<void> => hub.unsubscribe(subscriber);
      return { channel, unlisten, [Symbol.asyncDispose]: unlisten };
    },
    get stats() {
      const { subscribers, isListening } = hub;
      return { channels: subscribers.channelCount, subscriptions: subscribers.count, isListening };
    },
    async close(timeout) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const timer = clock.setTimeout(() => resolve(undefined), timeout);
      await Promise.race([hub.close(), promise]);
      clock.clearTimeout(timer);
    },
  };
}

function invalid(what: string): PoolError {
  return new PoolError("INVALID_ARGUMENT", `listen: ${what}`);
}
