import { fails, keep, works } from "../broken-promise.js";
import type { Bench, Opened } from "../bench.js";
import { checksOf } from "../check.js";
import { leaveTransaction, startSlow } from "../raw-statements.js";

const check = checksOf("resource");

/** What lets a borrower trust a resource: validate, status and reset. */
export const resetting = [
  check("validate accepts a good resource, as often as it is asked", [], async (bench) => {
    const { factory, resource } = await bench.openFresh();
    for (const time of ["first", "second"]) {
      await works(`the ${time} validate`, bench.patience, () => bench.validate({ factory, resource }));
    }
  }),

  check("validate rejects a broken resource in time", ["breakResource"], async (bench) => {
    const { factory, resource } = await bench.openFresh();
    await bench.adapter.breakResource?.(resource);
    await fails("validate of a broken resource", bench.patience, () => bench.validate({ factory, resource }));
  }),

  check("status is told at once, without a round trip", [], async (bench) => {
    const { factory, resource } = await bench.openFresh();
    const status: unknown = factory.status?.(resource);
    keep(!(status instanceof Promise), "status returned a promise");
    keep(status === undefined || (typeof status === "object" && status !== null), "status is no object");
  }),

  check("status tells an open transaction, until reset has undone it", ["openTransaction or sql"], async (bench) => {
    const opened = await bench.openFresh();
    const { under } = opened;
    const { factory, resource } = opened;
    await leaveTransaction(bench, opened.resource, under);
    const open = factory.status?.(resource);
    keep(
      open?.inTransaction === true,
      `status says inTransaction: ${String(open?.inTransaction)} while a transaction is open`,
    );
    keep(open.clean !== true, "status says clean: true while a transaction is open");
    await reset(bench, opened);
    keep(factory.status?.(resource).inTransaction !== true, "status says inTransaction: true after reset");
  }),

  check("status tells a running statement as busy", ["sql"], async (bench) => {
    const { under, factory, resource } = await bench.openFresh();
    keep(factory.status?.(resource).busy !== true, "status says busy: true before any statement");
    await startSlow(bench, resource, under);
    const busy = factory.status?.(resource).busy;
    keep(busy === true, `status says busy: ${String(busy)} while a statement runs`);
  }),

  check("reset undoes an open transaction on the backend", ["openTransaction or sql"], async (bench) => {
    const opened = await bench.openFresh();
    const { under } = opened;
    await leaveTransaction(bench, opened.resource, under);
    await reset(bench, opened);
    await works("another transaction after reset", bench.patience, () =>
      leaveTransaction(bench, opened.resource, under),
    );
    await reset(bench, opened);
  }),

  check("reset undoes the session state that borrowers leave behind", ["sessionState"], async (bench) => {
    for (const [what, state] of Object.entries(bench.adapter.sessionState ?? {})) {
      const opened = await bench.openFresh();
      await state.leave(opened.resource);
      keep(
        await state.isThere(opened.resource),
        `${what} was not there after it was left behind, so nothing can be checked`,
      );
      keep(opened.factory.status?.(opened.resource).clean !== true, `status says clean: true with ${what} left behind`);
      await reset(bench, opened);
      keep(!(await state.isThere(opened.resource)), `${what} is still there after reset`);
    }
  }),

  check("reset leaves a clean resource as good as it was", [], async (bench) => {
    const opened = await bench.openFresh();
    if (opened.factory.reset) await reset(bench, opened);
    await works("validate after reset", bench.patience, () => bench.validate(opened));
  }),
];

async function reset(bench: Bench, { factory, resource }: Opened): Promise<void> {
  keep(factory.reset !== undefined, "the factory has no reset");
  await works("reset", bench.patience, () => factory.reset?.(resource, AbortSignal.timeout(bench.patience)));
}
