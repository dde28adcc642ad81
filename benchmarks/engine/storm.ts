import { cpuTime } from "../lib/cpu-time.ts";
import { turnOfTheLoop } from "../lib/rounds.ts";
import type { Subject } from "./subject.ts";

/** How a storm's waiters end: by their timeout, by one signal that they share, or each by a signal of its own. */
export type StormKind = "timeouts" | "aborts-shared" | "aborts-each";

/** Long enough that the slowest engine has queued every waiter before the first one ends. */
export const STORM_TIMEOUT_MS = 150;

export interface StormResult {
  /** CPU time per waiter, in ns: the wait itself costs nothing and does not count. */
  readonly cost: number;
  /** Waiters that ended as they should. */
  readonly rejected: number;
  /** Every resource can be borrowed and returned afterwards, and the engine's own counts agree. */
  readonly usable: boolean;
}

// More than any engine here needs for it, stuck ones excepted.
const PATIENCE_MS = 20_000;

/**
 * A storm that can be had again and again: holds every resource, lets `count` waiters queue up and end, and sees what the engine is good for afterwards.
 * What each waiter runs through is made once, for the reason given in steady.ts.
 */
export function storms(
  kind: StormKind,
  count: number,
  size: number,
): (subject: Subject<unknown>) => Promise<StormResult> {
  // The reason is ready made, since building one DOMException each would cost more than all the rest.
  const reason = new Error("called off");
  let from: Subject<unknown>;
  let ended = 0;
  let rejections = 0;
  let over: () => void;
  const end = (): void => {
    if (++ended === count) over();
  };
  const served = (lease: unknown): void => {
    from.release(lease);
    end();
  };
  const refused = (): void => {
    rejections++;
    end();
  };
  const begin = (signalOf: readonly AbortSignal[]): void => {
    for (let i = 0; i < count; i++) {
      const signal = signalOf[kind === "aborts-each" ? i : 0];
      const waiting = kind === "timeouts" || signal === undefined ? from.acquire() : from.acquireUntil?.(signal);
      waiting?.then(served, refused);
    }
  };
  const allEnded = async (controllers: readonly AbortController[], signalOf: readonly AbortSignal[]): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    // Also keeps the process up where an engine's own timers do not.
    const patience = setTimeout(resolve, PATIENCE_MS, undefined);
    over = () => resolve(undefined);
    begin(signalOf);
    if (kind !== "timeouts") setImmediate(() => controllers.forEach((controller) => controller.abort(reason)));
    await promise;
    clearTimeout(patience);
  };
  return async (subject) => {
    from = subject;
    ended = rejections = 0;
    const held = await Promise.all(Array.from({ length: size }, () => subject.acquire()));
    const controllers = Array.from({ length: kind === "aborts-each" ? count : 1 }, () => new AbortController());
    const signalOf = controllers.map(({ signal }) => signal);
    await turnOfTheLoop();

    const before = cpuTime();
    await allEnded(controllers, signalOf);
    const spent = cpuTime() - before;

    for (const lease of held) subject.release(lease);
    return { cost: (spent * 1e6) / count, rejected: rejections, usable: await isUsable(subject, size) };
  };
}

async function isUsable(subject: Subject<unknown>, size: number): Promise<boolean> {
  await turnOfTheLoop();
  const idle = subject.counts();
  if (idle.waiting !== 0 || (idle.leased ?? 0) !== 0) return false;
  const all = Promise.all(Array.from({ length: size }, () => subject.acquire()));
  const leases = await Promise.race([all, afterASecond()]);
  if (leases === undefined) return false;
  const ids = new Set(leases.map((lease) => subject.idOf(lease)));
  const { leased = size } = subject.counts();
  for (const lease of leases) subject.release(lease);
  await turnOfTheLoop();
  return ids.size === size && leased === size && (subject.counts().leased ?? 0) === 0;
}

function afterASecond(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1_000, undefined);
  });
}
