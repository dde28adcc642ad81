export const STEPS = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
/** The steps of a traced event, as `node:diagnostics_channel` names them. */
export type TracedStep = (typeof STEPS)[number];

/** What is used of Node's `Channel`. That type has its parameters in another order from version to version of @types/node. */
export interface EventChannel<E> {
  readonly hasSubscribers: boolean;
  publish(event: E): void;
  subscribe(listener: (event: unknown) => void): void;
  unsubscribe(listener: (event: unknown) => void): void;
}

/** The same of Node's `TracingChannel`. */
export interface TracedChannel<E> extends Readonly<Record<TracedStep, EventChannel<E>>> {
  readonly hasSubscribers: boolean;
  subscribe(listeners: TracedListeners<E>): void;
  unsubscribe(listeners: TracedListeners<E>): void;
  tracePromise<T>(work: () => Promise<T>, event: E): Promise<T>;
}

/** One for each step. */
export type TracedListeners<E> = Readonly<Record<TracedStep, (event: E & { readonly error?: unknown }) => void>>;
