import { AsyncLocalStorage } from "node:async_hooks";

/** An error that reached nobody: a rejection that nothing handled, or an exception outside every call. */
export interface Stray {
  /** The check that ran when it was seen. */
  readonly during: string;
  readonly error: unknown;
}

interface Watch {
  readonly during: string;
  readonly strays: Stray[];
}
type Listener = NodeJS.UncaughtExceptionListener & NodeJS.UnhandledRejectionListener;

const EVENTS = ["unhandledRejection", "uncaughtException"] as const;
const origin = new AsyncLocalStorage<Watch>();
const watches = new Set<Watch>();
const asides = new Map<(typeof EVENTS)[number], Listener[]>();

/**
 * Runs `work` and collects the errors that go astray from it. The process's own listeners are put aside for that time, so that the
 * contract reports such an error as a broken promise, where a test runner would blame the file.
 */
export async function withStrays(during: string, strays: Stray[], work: () => Promise<void>): Promise<void> {
  const watch = { during, strays };
  if (watches.size === 0) putListenersAside();
  watches.add(watch);
  try {
    await origin.run(watch, work);
    // Unhandled rejections are told at the end of a turn, errors of closing sockets in the turn after.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    watches.delete(watch);
    if (watches.size === 0) bringListenersBack();
  }
}

/** Belongs to the check in whose context it arose; where that cannot be told, to each that runs. */
function collect(error: unknown): void {
  const from = origin.getStore();
  for (const watch of from && watches.has(from) ? [from] : watches) watch.strays.push({ during: watch.during, error });
}

function putListenersAside(): void {
  for (const event of EVENTS) {
    // What `process` holds for these events are listeners for them.
    asides.set(event, process.rawListeners(event) as Listener[]);
    process.removeAllListeners(event).on(event, collect);
  }
}

function bringListenersBack(): void {
  for (const event of EVENTS) {
    process.off(event, collect);
    for (const listener of asides.get(event) ?? []) process.on(event, listener);
  }
}
