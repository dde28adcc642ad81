import { traced, type TracedEvents } from "../events.js";

/** Runs `work` between the events of a tracing channel; `context` is built only when somebody listens. */
export function trace<N extends keyof TracedEvents, T>(name: N, context: () => TracedEvents[N], work: () => Promise<T>): Promise<T> {
  const channel = traced(name);
  return channel.hasSubscribers ? channel.tracePromise(work, context()) : work();
}
