import { type Clock, PoolError } from "@pool/core";
import { type Dialer } from "../connect/dialer.js";
import { checkChannel } from "./channel.js";
import { unconfirmed } from "./failures.js";
import { Hub } from "./hub.js";
import { type ListenLoopOptions, Notifications } from "./notifications.js";
import { type ListenOptions, type NotificationHandler, Subscriber } from "./subscriber.js";

export type { Heard, ListenLoopOptions, Missed, Notifications } from "./notifications.js";
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
  /** The same as a loop, which listens from its first turn on. @throws PoolError `INVALID_ARGUMENT` at once */
  listen(channel: string, options?: ListenLoopOptions): Notifications;
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
const LOOP_OPTIONS = ["signal", "maxQueued"];
const MAX_QUEUED = 10_000;
const NO_SESSION =
  'LISTEN needs a session of its own, which poolMode "transaction" does not have; listen on a connector to the server itself';

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

  const check = (channel: unknown, options: unknown, known: readonly string[]): void => {
    checkChannel(channel);
    if (typeof options !== "object" || options === null) throw invalid("options must be an object");
    const unknown = Object.keys(options).find((key) => !known.includes(key));
    if (unknown !== undefined)
      throw invalid(`unknown option ${JSON.stringify(unknown)}; known are ${known.join(", ")}`);
    if (poolMode === "transaction") throw invalid(NO_SESSION);
  };

  const subscribe = async (subscriber: Subscriber, signal: AbortSignal | undefined): Promise<Subscription> => {
    signal?.throwIfAborted();
    const { channel } = subscriber;
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
  };

  const call = async (channel: string, handler: unknown, options: ListenOptions): Promise<Subscription> => {
    check(channel, options, OPTIONS);
    if (typeof handler !== "function") throw invalid("the handler must be a function");
    return await subscribe(new Subscriber(channel, handler as NotificationHandler, options), options.signal);
  };

  const loop = (channel: string, options: ListenLoopOptions): Notifications => {
    check(channel, options, LOOP_OPTIONS);
    const { signal, maxQueued = MAX_QUEUED } = options;
    if (!Number.isInteger(maxQueued) || maxQueued < 1) throw invalid("maxQueued must be an integer above 0");
    return new Notifications(channel, { signal, maxQueued }, subscribe);
  };

  const isLoop = (given: unknown): given is ListenLoopOptions | undefined =>
    given === undefined || (typeof given === "object" && given !== null);

  function listen(channel: string, handler: NotificationHandler, options?: ListenOptions): Promise<Subscription>;
  function listen(channel: string, options?: ListenLoopOptions): Notifications;
  function listen(
    channel: string,
    given?: unknown,
    options: ListenOptions = {},
  ): Promise<Subscription> | Notifications {
    return isLoop(given) ? loop(channel, given ?? {}) : call(channel, given, options);
  }

  return {
    listen,
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
