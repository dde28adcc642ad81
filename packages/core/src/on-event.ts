import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFunction, wrongArgument } from "./arguments.js";
import { STEPS, type TracedStep } from "./channels.js";
import type { MomentEvents, TracedEvents } from "./events.js";

/** `pool:release` for a moment; `pool:query`, which is its end, or `pool:query:start` and so on for what takes time. */
export type ListenedName = keyof MomentEvents | keyof TracedEvents | `${keyof TracedEvents}:${TracedStep}`;
export type EventOf<N extends ListenedName> = N extends keyof MomentEvents
  ? MomentEvents[N]
  : N extends keyof TracedEvents
    ? Traced<N>
    : N extends `${infer T extends keyof TracedEvents}:${TracedStep}`
      ? Traced<T>
      : never;
type Traced<T extends keyof TracedEvents> = TracedEvents[T] & { readonly error?: unknown };

/**
 * Listens to one event, typed by its name, until it is disposed: `using _ = onEvent("pool:leak", ({ holder }) => …)`. Of what takes time the
 * name alone stands for its end, with `error` when it failed.
 * @throws PoolError `INVALID_ARGUMENT` for a name that is no event's, and a listener that is no function
 */
export function onEvent<N extends ListenedName>(name: N, listener: (event: EventOf<N>) => void): Disposable {
  readFunction("onEvent: listener", listener);
  const heard = (event: unknown): void => listener(event as EventOf<N>); // the name tells the type of what is published
  const channelName = channelOf(name);
  subscribe(channelName, heard);
  return { [Symbol.dispose]: () => void unsubscribe(channelName, heard) };
}

const MOMENTS: Readonly<Record<keyof MomentEvents, true>> = {
  "pool:lease": true,
  "pool:statement": true,
  "pool:release": true,
  "pool:statement:anywhere": true,
  "pool:release:anywhere": true,
  "pool:close": true,
  "pool:timeout": true,
  "pool:refuse": true,
  "pool:leak": true,
  "pool:state": true,
  "connector:state": true,
  "connector:recovery": true,
  "lock:release": true,
  "lock:lost": true,
  "cache:get": true,
  "cache:store": true,
  "cache:unreadable": true,
};
const TRACED: Readonly<Record<keyof TracedEvents, true>> = {
  "pool:acquire": true,
  "pool:create": true,
  "pool:validate": true,
  "pool:reset": true,
  "pool:query": true,
  "pool:transaction": true,
  "connector:connect": true,
  "connector:health": true,
  "lock:acquire": true,
  "cache:compute": true,
};

/** The channel of every event there is, each step of what takes time among them. */
export function eventChannels(): readonly string[] {
  const traced = Object.keys(TRACED).flatMap((name) => STEPS.map((step) => `tracing:${name}:${step}`));
  return [...Object.keys(MOMENTS), ...traced];
}

function channelOf(name: unknown): string {
  if (typeof name === "string") {
    if (Object.hasOwn(MOMENTS, name)) return name;
    const [, event = "", step = "asyncEnd"] = /^(\w+:\w+)(?::(start|end|asyncStart|asyncEnd|error))?$/.exec(name) ?? [];
    if (Object.hasOwn(TRACED, event)) return `tracing:${event}:${step}`;
  }
  throw wrongArgument("onEvent: name", `one of ${[...Object.keys(MOMENTS), ...Object.keys(TRACED)].join(", ")}`, name);
}
