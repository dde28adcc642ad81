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

/** Holds every resource, lets `count` waiters queue up and end, and sees what the engine is good for afterwards. */
export async function storm(
  kind: StormKind,
  subject: Subject<unknown>,
  count: number,
  size: number,
): Promise<StormResult> {
  const held = await Promise.all(Array.from({ length: size }, () => subject.acquire()));
  // The reason is ready made, since building one DOMException each would cost more than all the rest.
  const reason = new Error("called off");
  const controllers = Array.from({ length: kind === "aborts-each" ? count : 1 }, () => new AbortController());
  const signalOf = controllers.map(({ signal }) => signal);
  await turnOfTheLoop();

  const before = cpuTime();
  let rejections = 0;
  await new Promise<void>((resolve) => {
    // Also keeps the process up where an engine's own timers do not.
    const patience = setTimeout(resolve, PATIENCE_MS);
    let ended = 0;
    const end = (): void => {
      if (++ended < count) return;
      clearTimeout(patience);
      resolve();
    };
    const served = (lease: unknown): void => {
      subject.release(lease);
      end();
    };
    const refused = (): void => {
      rejections++;
      end();
    };
    for (let i = 0; i < count; i++) {
      const signal = signalOf[kind === "aborts-each" ? i : 0];
      const waiting = kind === "timeouts" || signal === undefined ? subject.acquire() : subject.acquireUntil?.(signal);
      waiting?.then(served, refused);
    }
    if (kind !== "timeouts") setImmediate(() => controllers.forEach((controller) => controller.abort(reason)));
  });
  const spent = cpuTime() - before;

  for (const lease of held) subject.release(lease);
  return { cost: (spent * 1e6) / count, rejected: rejections, usable: await isUsable(subject, size) };
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
