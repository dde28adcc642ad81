import { eventually, fails, keep, outcomeOf, works } from "../broken-promise.js";
import { checksOf } from "../check.js";
import { driverOf, startSlow } from "../raw-statements.js";

const check = checksOf("resource");

/** The end of a resource: on purpose, or from behind. */
export const closing = [
  check("close lets go of the resource", [], async (bench) => {
    const under = await bench.factory();
    const before = await bench.openCount();
    const opened = [await bench.open(under), await bench.open(under), await bench.open(under)];
    for (const one of opened) {
      const closed = await one.close();
      keep(closed.status === "fulfilled", "close of a good resource rejected");
    }
    await bench.fallsTo(before, "after 3 resources were opened and closed");
    await fails("validate of a closed resource", bench.patience, () =>
      bench.validate({ factory: under.factory, resource: opened[0]?.resource }),
    );
  }),

  check("close of a broken resource settles in time", ["breakResource"], async (bench) => {
    const under = await bench.factory();
    const before = await bench.openCount();
    const opened = await bench.open(under);
    await bench.adapter.breakResource?.(opened.resource);
    await opened.close({ graceful: false });
    await bench.fallsTo(before, "after a broken resource was closed");
  }),

  check("close of a busy resource settles in time, and so does its statement", ["sql"], async (bench) => {
    const under = await bench.factory();
    const before = await bench.openCount();
    const opened = await bench.open(under);
    const slow = await startSlow(bench, opened.resource, under);
    await opened.close({ graceful: false });
    const { status } = await outcomeOf("the statement of a closed resource", bench.patience, () => slow.outcome);
    keep(
      status === "fulfilled" && (await slow.outcome).status === "rejected",
      "the statement resolved although its resource was closed",
    );
    await bench.fallsTo(before, "after a busy resource was closed");
  }),

  check(
    "a resource that dies while idle is told to the pool by lost",
    ["breakResource that is noticed"],
    async (bench) => {
      const opened = await bench.openFresh();
      keep(!opened.isLost, "lost was called for a good resource");
      await bench.adapter.breakResource?.(opened.resource);
      await eventually(
        bench.patience,
        () => opened.isLost,
        () => "lost had not been called",
      );
    },
  ),

  check("a cancelled statement settles, and its resource is free or lost", ["sql"], async (bench) => {
    const { under, factory, resource } = await bench.openFresh();
    const driver = driverOf(under);
    const slow = await startSlow(bench, resource, under);
    slow.cancel();
    const ended = await works("the cancelled statement", bench.patience, () => slow.outcome);
    keep(ended.status === "rejected", "the cancelled statement resolved");
    if (driver.isConnectionLost(ended.reason)) return;
    keep(factory.status?.(resource).busy !== true, "status says busy: true after it");
    const { rows } = await works("the next statement", bench.patience, () =>
      driver.query(resource, "select 7 as n", [], {}),
    );
    keep(Number(rows[0]?.n) === 7, "the next statement did not resolve with its own row");
  }),

  check("a statement on a broken resource fails as a lost connection", ["sql", "breakResource"], async (bench) => {
    const { under, resource } = await bench.openFresh();
    const driver = driverOf(under);
    await bench.adapter.breakResource?.(resource);
    const error = await fails("a statement on a broken resource", bench.patience, () =>
      driver.query(resource, "select 1", [], {}),
    );
    keep(driver.isConnectionLost(error), "the driver's isConnectionLost does not know its error");
  }),
];
