import { readCall, readFunction, readName, readSignal, wrongArgument } from "@pool/core";
import { type Hub } from "./hub.js";
import { type Message, type MessageHandler, type SubscribeOptions, type Subscription } from "./message.js";
import { Subscriber } from "./subscriber.js";

const KEYS = ["patterns", "onGap", "onError", "maxBuffered", "signal"] as const;

/** What `subscribe` of a client does: with a handler, or without one to be iterated over. */
export async function subscribe(
  hub: Hub,
  names: string | readonly string[],
  handler: MessageHandler | undefined,
  given?: SubscribeOptions,
): Promise<Subscription> {
  const list = typeof names === "string" ? [names] : Array.isArray(names) ? [...new Set<string>(names)] : [];
  if (list.length === 0)
    throw wrongArgument("subscribe: channels", "a name, or a list of names that is not empty", names);
  for (const name of list) readName("subscribe: channel", name);
  if (handler !== undefined) readFunction("subscribe: handler", handler);
  const options = readCall("subscribe", given, KEYS);
  const signal = readSignal("subscribe: signal", options.signal);
  const subscriber = new Subscriber(list, handler, options);
  await hub.add(subscriber, signal);
  const unsubscribe = async (): Promise<void> => {
    signal?.removeEventListener("abort", onAbort);
    await hub.remove(subscriber);
  };
  const onAbort = (): void => void unsubscribe();
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort(); // while we were told that the server has confirmed
  return {
    names: list,
    unsubscribe,
    [Symbol.asyncDispose]: unsubscribe,
    async *[Symbol.asyncIterator](): AsyncGenerator<Message> {
      if (handler !== undefined)
        throw wrongArgument("subscribe: handler", "left out of what is iterated over", handler);
      try {
        yield* subscriber.messages();
      } finally {
        await unsubscribe();
      }
    },
  };
}
