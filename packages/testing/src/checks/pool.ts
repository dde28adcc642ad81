import { keep, fails, works, eventually } from "../broken-promise.js";
import type { Bench } from "../bench.js";
import { checksOf } from "../check.js";
import { leaveTransaction } from "../raw-statements.js";

const check = checksOf("pool");

/** The adapter's resources in a pool of core. */
export const pooling = [
  check("a pool lends a resource, takes it back and lends it again", [], async (bench) => {
    const { factory } = await bench.factory();
    const pool = bench.pool(factory, { maxSize: 1 });
    const first = await pool.use((resource) => resource);
    keep((await pool.use((resource) => resource)) === first, "a clean resource was not lent again after its release");
    const lease = await pool.acquire();
    lease.destroy();
    keep((await pool.use((resource) => resource)) !== first, "a destroyed resource was lent again");
  }),

  check("a pool never has more open than its maxSize", ["openCount"], async (bench) => {
    const { factory } = await bench.factory();
    const before = await bench.openCount();
    const pool = bench.pool(factory, { maxSize: 3 });
    const borrow = async (turn: number): Promise<void> => {
      const lease = await pool.acquire();
      await Promise.resolve();
      if (turn % 3 === 0) lease.destroy();
      else lease.release();
    };
    await works("12 borrowers of a pool of 3", bench.patience, () =>
      Promise.all(Array.from({ length: 12 }, (_, turn) => borrow(turn))),
    );
    const leases = await leaseMany(bench, pool, 3);
    await bench.fallsTo(before + 3, "with all of a pool of 3 lent");
    keep((await bench.openCount()) > before, "openCount has not grown while 3 were lent, so it counts nothing");
    for (const lease of leases) lease.release();
  }),

  check("a pool lends no resource that broke while idle", ["breakResource"], async (bench) => {
    const { factory } = await bench.factory();
    const pool = bench.pool(factory, { maxSize: 1 });
    const broken = await pool.use((resource) => resource);
    await bench.adapter.breakResource?.(broken);
    const next = await works("acquire after the idle resource broke", bench.patience, () =>
      pool.use((resource) => resource),
    );
    keep(next !== broken, "the broken resource was lent");
  }),

  check("a pool lends no resource that broke while lent", ["breakResource"], async (bench) => {
    const { factory } = await bench.factory();
    const pool = bench.pool(factory, { maxSize: 1 });
    const lease = await pool.acquire();
    const broken = lease.resource;
    await bench.adapter.breakResource?.(broken);
    lease.release();
    const next = await works("acquire after a lent resource broke", bench.patience, () =>
      pool.use((resource) => resource),
    );
    keep(next !== broken, "the broken resource was lent");
  }),

  check("a borrower finds nothing that the one before has left behind", ["openTransaction or sql"], async (bench) => {
    const under = await bench.factory();
    const pool = bench.pool(under.factory, { maxSize: 1 });
    const state = Object.entries(bench.adapter.sessionState ?? {});
    await pool.use(async (resource) => {
      for (const [, { leave }] of state) await leave(resource);
      await leaveTransaction(bench, resource, under);
    });
    await pool.use(async (resource) => {
      keep(
        under.factory.status?.(resource).inTransaction !== true,
        "the next borrower is in the transaction of the one before",
      );
      for (const [what, { isThere }] of state)
        keep(!(await isThere(resource)), `the next borrower finds ${what} of the one before`);
    });
  }),

  check("an aborted acquire leaves nothing lent, and nothing open when the pool closes", [], async (bench) => {
    const { factory } = await bench.factory();
    const before = await bench.openCount();
    const pool = bench.pool(factory, { maxSize: 1 });
    const controller = new AbortController();
    const reason = new Error("the caller has gone");
    const connecting = fails("an acquire whose caller has gone", bench.patience, () =>
      pool.acquire({ signal: controller.signal }),
    );
    controller.abort(reason);
    keep((await connecting) === reason, "acquire rejected with something else than the reason of its signal");
    await works("the next acquire", bench.patience, () => pool.use((resource) => resource));
    await eventually(
      bench.patience,
      () => pool.stats.leased === 0,
      () => `${pool.stats.leased} leased`,
    );
    const late = bench.pool(factory, { maxSize: 1 });
    const given = fails("an acquire whose pool has closed", bench.patience, () => late.acquire());
    await works("close of a pool that connects", bench.patience, () => late.close({ timeout: 0 }));
    await given;
    await works("close of the other pool", bench.patience, () => pool.close());
    await bench.fallsTo(before, "after a pool was closed while it connected");
  }),

  check("closing a pool leaves nothing open", [], async (bench) => {
    const { factory } = await bench.factory();
    const before = await bench.openCount();
    const pool = bench.pool(factory, { maxSize: 4 });
    const leases = await leaseMany(bench, pool, 3);
    leases.pop()?.release();
    // A resource that is being opened when the pool closes must not survive it.
    const late = pool.acquire().then(
      (lease) => lease.release(),
      () => undefined,
    );
    await works("close of a pool with leases out", bench.patience * 2, () => pool.close({ timeout: 10 }));
    await late;
    await bench.fallsTo(before, "after the pool was closed");
    keep(pool.stats.size === 0, `${pool.stats.size} resources are in the closed pool`);
  }),
];

async function leaseMany(bench: Bench, pool: ReturnType<Bench["pool"]>, count: number) {
  return works(`${count} leases`, bench.patience, () =>
    Promise.all(Array.from({ length: count }, () => pool.acquire())),
  );
}
