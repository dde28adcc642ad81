import type { TestPool } from "./pool.js";

/** Calls acquire `perSecond` times a second for `ms`; each lease is given back after its `use`, at once by default. Tells when each call was made and what it came to. */
export async function load(
  { pool, clock }: TestPool,
  perSecond: number,
  ms: number,
  timeout?: number,
  use?: () => Promise<void>,
): Promise<{ at: number; took: number; error: unknown }[]> {
  const calls: { at: number; took: number; error: unknown }[] = [];
  const every = Math.max(1, 1_000 / perSecond);
  const atOnce = Math.max(1, Math.round((perSecond * every) / 1_000));
  for (let passed = 0; passed < ms; passed += every) {
    for (let i = 0; i < atOnce; i++) {
      const call = { at: clock.now(), took: Infinity, error: undefined as unknown };
      calls.push(call);
      pool.acquire(timeout === undefined ? undefined : { timeout }).then(
        (lease) => {
          call.took = clock.now() - call.at;
          if (use === undefined) lease.release();
          else void use().then(() => lease.release());
        },
        (error: unknown) => {
          call.took = clock.now() - call.at;
          call.error = error;
        },
      );
    }
    await clock.advance(every);
  }
  await clock.advance(6_000);
  return calls;
}

/** The most of these times that fall into one span. */
export function mostWithin(times: readonly number[], span: number): number {
  let most = 0;
  times.forEach((from, i) => {
    let count = 0;
    for (let j = i; j < times.length && (times[j] ?? Infinity) < from + span; j++) count++;
    most = Math.max(most, count);
  });
  return most;
}
