import { setTimeout as sleep } from "node:timers/promises";
import { fails, keep, outcomeOf, works } from "../broken-promise.js";
import type { Bench } from "../bench.js";
import { checksOf } from "../check.js";

const check = checksOf("resource");

/** When an abort may come: before the first tick, within the turn, in the next one, and while the backend answers. */
const MOMENTS: readonly (readonly [when: string, wait: () => unknown])[] = [
  ["at once", () => undefined],
  ["in the same turn", () => Promise.resolve()],
  ["in the next turn", () => new Promise((resolve) => setImmediate(resolve))],
  ["after 1 ms", () => sleep(1)],
  ["after 5 ms", () => sleep(5)],
];

export const creating = [
  check("create resolves with a resource that is fit for its first borrower", [], async (bench) => {
    const { factory, resource } = await bench.openFresh();
    await works("validate of a fresh resource", bench.patience, () => bench.validate({ factory, resource }));
    const status = factory.status?.(resource);
    keep(status?.inTransaction !== true, "status of a fresh resource says that a transaction is open");
    keep(status?.busy !== true, "status of a fresh resource says that it is busy");
  }),

  check("create gives each call a resource of its own", [], async (bench) => {
    const under = await bench.factory();
    const [one, other] = [await bench.open(under), await bench.open(under)];
    keep(one.resource !== other.resource, "two calls resolved with one and the same resource");
    await one.close();
    await works("validate of one resource after another one was closed", bench.patience, () => bench.validate(other));
  }),

  check("create rejects when its signal is aborted already", [], async (bench) => {
    const { factory } = await bench.factory();
    const before = await bench.openCount();
    const error = await fails("create under an aborted signal", bench.patience, () =>
      createUnder(bench, factory, AbortSignal.abort()),
    );
    keep(error instanceof Error, "it rejected with something that is no Error");
    await bench.fallsTo(before, "after create under an aborted signal");
  }),

  check("create that is aborted on its way settles and leaves nothing open", ["openCount"], async (bench) => {
    const { factory } = await bench.factory();
    let mayBeOpen = await bench.openCount();
    for (const [when, wait] of MOMENTS) {
      const controller = new AbortController();
      const outcome = outcomeOf(`create aborted ${when}`, bench.patience, () =>
        createUnder(bench, factory, controller.signal),
      );
      await wait();
      controller.abort();
      const settled = await outcome;
      // It may have been faster than the abort; then the resource is the caller's.
      if (settled.status === "fulfilled") mayBeOpen++;
      await bench.fallsTo(mayBeOpen, `after create was aborted ${when}`);
    }
  }),
];

async function createUnder(
  bench: Bench,
  factory: Awaited<ReturnType<Bench["factory"]>>["factory"],
  signal: AbortSignal,
): Promise<unknown> {
  const resource = await factory.create({ signal, lost: () => undefined });
  // What a broken factory opens all the same must not outlive the check.
  bench.defer(() => (signal.aborted ? factory.close(resource, { graceful: false }) : undefined));
  return resource;
}
