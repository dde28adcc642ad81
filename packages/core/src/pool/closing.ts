import { moment } from "../events.js";
import type { Clock } from "../time.js";
import { isAbrupt, type CloseReason } from "./close-reason.js";
import type { Entry } from "./entry.js";
import type { ResourceFactory } from "./factory.js";

const closes = moment("pool:close");

/** Has the factory close a resource, and calls `done` when it has, has failed to, or `closeTimeout` is over. Never throws. */
export function closeResource<R>(
  factory: ResourceFactory<R>,
  resource: R,
  how: { readonly reason: CloseReason; readonly clock: Clock; readonly closeTimeout: number },
  done: () => void,
): void {
  let closing: unknown;
  try {
    closing = factory.close(resource, { graceful: !isAbrupt(how.reason) });
  } catch {
    closing = undefined; // it is gone as far as it ever will be
  }
  if (!isThenable(closing)) {
    done();
    return;
  }
  let finished = false;
  const finish = (): void => {
    if (finished) return;
    finished = true;
    how.clock.clearTimeout(timer);
    done();
  };
  const timer = how.clock.setTimeout(finish, how.closeTimeout);
  Promise.resolve(closing).then(finish, finish);
}

export function publishClose<R>(pool: string, entry: Entry<R>, reason: CloseReason, now: number, cause: unknown): void {
  if (!closes.hasSubscribers) return;
  closes.publish({ pool, resourceId: entry.id, reason, ageMs: now - entry.openedAt, uses: entry.uses, cause });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
