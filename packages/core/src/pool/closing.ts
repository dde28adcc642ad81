import type { Clock } from "../time.js";
import type { CloseReason } from "./entry.js";
import type { ResourceFactory } from "./factory.js";

/** Reasons after which work may still be running, so that nothing polite can be sent. */
const ABRUPT: ReadonlySet<CloseReason> = new Set<CloseReason>([
  "lost",
  "destroyed",
  "dropped",
  "reclaimed",
  "fatal-error",
  "busy-at-release",
  "validate-failed",
  "reset-failed",
  "abandoned",
]);

/** Has the factory close a resource, and calls `done` when it has, has failed to, or `closeTimeout` is over. Never throws. */
export function closeResource<R>(
  factory: ResourceFactory<R>,
  resource: R,
  how: { readonly reason: CloseReason; readonly clock: Clock; readonly closeTimeout: number },
  done: () => void,
): void {
  let closing: unknown;
  try {
    closing = factory.close(resource, { graceful: !ABRUPT.has(how.reason) });
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
