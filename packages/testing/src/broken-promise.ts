import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "@pool/core";

/** What a check fails with. Its message names the promise that the adapter broke, and what was seen instead. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
  /** The sentence of the contract. */
  readonly promise: string;

  constructor(promise: string, cause: unknown) {
    super(`broken promise: ${promise} — ${reasonOf(cause)}`, { cause });
    this.promise = promise;
  }
}

/** Fails the check unless `kept`. `seen` says what was seen instead. */
export function keep(kept: boolean, seen: string): asserts kept {
  if (!kept) throw new Error(seen);
}

/** How `work` ends. Fails the check when that takes longer than `ms`; `what` names the work. */
export async function outcomeOf<T>(
  what: string,
  ms: number,
  work: () => T | PromiseLike<T>,
): Promise<PromiseSettledResult<Awaited<T>>> {
  const run = async (): Promise<PromiseSettledResult<Awaited<T>>> => {
    try {
      return { status: "fulfilled", value: await work() };
    } catch (reason) {
      return { status: "rejected", reason };
    }
  };
  const timeout = new AbortController();
  const late = sleep(ms, undefined, { signal: timeout.signal }).then(
    () => {
      throw new Error(`${what} had not settled after ${ms} ms`);
    },
    () => undefined as never,
  );
  try {
    return await Promise.race([run(), late]);
  } finally {
    timeout.abort();
  }
}

/** What `work` resolves with. Fails the check when it rejects or does not settle within `ms`. */
export async function works<T>(what: string, ms: number, work: () => T | PromiseLike<T>): Promise<Awaited<T>> {
  const outcome = await outcomeOf(what, ms, work);
  if (outcome.status === "fulfilled") return outcome.value;
  throw new Error(`${what} failed: ${reasonOf(outcome.reason)}`, { cause: outcome.reason });
}

/** What `work` rejects with. Fails the check when it resolves, or does not settle within `ms`. */
export async function fails(what: string, ms: number, work: () => unknown): Promise<unknown> {
  const outcome = await outcomeOf(what, ms, work);
  if (outcome.status === "rejected") return outcome.reason;
  throw new Error(`${what} resolved`);
}

/** Waits until `holds`, and fails the check with `seen()` when it does not within `ms`. */
export async function eventually(
  ms: number,
  holds: () => boolean | PromiseLike<boolean>,
  seen: () => string,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${seen()} after ${ms} ms`);
    await sleep(5);
  }
}
