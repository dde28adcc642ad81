import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import { borrowing, holdOf } from "../../src/pool/borrow.js";
import { gate } from "../support/fake-backend.js";
import { expectCountsToAddUp, poolErrorOf, settle, testPool, watch } from "../support/pool.js";

describe("self-deadlock", () => {
  it("is told at once to a task that waits for what it holds itself, with the cycle", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const error = await poolErrorOf(
      pool.use(() => pool.use(() => undefined, { label: "audit" }), { label: "order" }),
      "SELF_DEADLOCK",
    );
    expect(error.message).toContain('pool "test": "audit" asks for a resource inside a task that holds one');
    expect(error.message).toContain('"order" held 0 ms');
    expect(error.details).toMatchObject({ pool: "test", cycle: ["order"] });
    expect(pool.stats).toMatchObject({ waiting: 0, idle: 1, totals: { refused: 1 } });
  });

  it("is told to the last of n tasks that all wait for one more", async () => {
    const { pool } = testPool({ maxSize: 4 });
    const ready = gate();
    let holding = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 4 }, (_, i) =>
        pool.use(
          async () => {
            if (++holding === 4) ready.resolve();
            await ready.promise;
            return pool.use((resource) => resource.id);
          },
          { label: `task ${String(i)}` },
        ),
      ),
    );
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toMatchObject({ code: "SELF_DEADLOCK" });
    expect((refused[0]?.reason as { details: { cycle: string[] } }).details.cycle.sort()).toEqual([
      "task 0",
      "task 1",
      "task 2",
      "task 3",
    ]);
    expect(pool.stats).toMatchObject({ leased: 0, waiting: 0 });
    expectCountsToAddUp(pool);
  });

  it("is not told while one holder works: it may give back", async () => {
    const { pool } = testPool({ maxSize: 2 });
    const work = gate();
    const busy = pool.use(() => work.promise);
    const nested = watch(pool.use(() => pool.use(() => "served")));
    await settle();
    expect(nested.state).toBe("pending");
    work.resolve();
    await busy;
    await settle();
    expect(nested.value).toBe("served");
  });

  it("is not told while a bare lease is out", async () => {
    const { pool } = testPool({ maxSize: 2 });
    const lease = await pool.acquire();
    const nested = watch(pool.use(() => pool.use(() => "served")));
    await settle();
    expect(nested.state).toBe("pending");
    lease.release();
    await settle();
    expect(nested.value).toBe("served");
  });

  it("is not told to a bare acquire, which nobody can tell the task of", async () => {
    const { pool, clock } = testPool({ maxSize: 1, acquireTimeout: 500 });
    const nested = watch(pool.use(() => pool.acquire()));
    await clock.advance(400);
    expect(nested.state).toBe("pending");
    await clock.advance(200);
    expect(nested.error).toMatchObject({ code: "ACQUIRE_TIMEOUT" });
  });

  it("is not told while the pool may still grow, or a resource comes back from its reset", async () => {
    const reset = gate();
    const { pool } = testPool({ maxSize: 2 }, { reset: () => reset.promise });
    expect(await pool.use(() => pool.use((resource) => resource.id))).toBe(2);
    reset.resolve();
    await settle();
    const again = gate();
    const other = testPool({ maxSize: 2 }, { reset: () => again.promise });
    await other.pool.use(async () => {
      await other.pool.use(() => undefined);
      const nested = watch(other.pool.use(() => "nested"));
      await settle();
      expect(other.pool.stats).toMatchObject({ resetting: 1, waiting: 1 });
      again.resolve();
      await settle();
      expect(nested.value).toBe("nested");
    });
    expect(pool.stats.totals.refused).toBe(0);
  });

  it("is not told to other tasks that wait while a holder waits for another pool", async () => {
    const first = testPool({ name: "first", maxSize: 1 });
    const second = testPool({ name: "second", maxSize: 1 });
    const lease = await second.pool.acquire();
    const across = watch(first.pool.use(() => second.pool.use(() => "across")));
    await settle();
    const other = watch(first.pool.use(() => "other"));
    await settle();
    expect(other.state).toBe("pending");
    lease.release();
    await settle();
    expect([across.value, other.value]).toEqual(["across", "other"]);
  });

  it("is told of a task whose own pool comes back through another", async () => {
    const first = testPool({ name: "first", maxSize: 1 });
    const second = testPool({ name: "second", maxSize: 1 });
    const error = await poolErrorOf(
      first.pool.use(() => second.pool.use(() => first.pool.use(() => undefined))),
      "SELF_DEADLOCK",
    );
    expect(error.message).toContain('pool "first"');
  });

  it("is found again after waits that ended by a timeout, an abort or a lease", async () => {
    const { pool, clock } = testPool({ maxSize: 2 });
    const work = gate();
    const busy = pool.use(() => work.promise);
    await pool.use(async () => {
      const late = watch(pool.use(() => undefined, { timeout: 100 }));
      await clock.advance(200);
      expect(late.error).toMatchObject({ code: "ACQUIRE_TIMEOUT" });
      const controller = new AbortController();
      const aborted = watch(pool.use(() => undefined, { signal: controller.signal }));
      controller.abort();
      await settle();
      expect(aborted.state).toBe("rejected");
      // This task waits no more, so another that waits is not in a cycle with it.
      const nested = watch(
        pool.use(() => "nested", { timeout: 100 }), // waits for `busy`
      );
      await settle();
      expect(nested.state).toBe("pending");
      work.resolve();
      await busy;
      await settle();
      expect(nested.value).toBe("nested");
    });
    expect(pool.stats.totals.refused).toBe(0);
    expectCountsToAddUp(pool);
  });

  it.each(["a timeout", "an abort", "a lease"])("is not told because of a task whose wait ended by %s", async (end) => {
    const { pool, clock } = testPool({ maxSize: 2 });
    const controller = new AbortController();
    const [holds, works, goesOn] = [gate(), gate(), gate()];
    const other = pool.use(() => holds.promise); // has the other resource as long as the first task waits
    const first = pool.use(async () => {
      await pool.use(() => undefined, { timeout: 100, signal: controller.signal }).catch(() => undefined);
      goesOn.resolve();
      await works.promise;
    });
    await settle();
    expect(pool.stats.waiting).toBe(1);
    if (end === "a timeout") await clock.advance(200);
    else if (end === "an abort") controller.abort();
    else holds.resolve();
    await goesOn.promise;
    holds.resolve();
    await other;
    // The first task works and waits for nothing: it may give back.
    const nested = watch(pool.use(() => pool.use(() => "nested")));
    await settle();
    expect(nested.state).toBe("pending");
    works.resolve();
    await first;
    await settle();
    expect(nested.value).toBe("nested");
  });

  it("remembers no task that has ended, though each starts the next from inside", async () => {
    const { pool } = testPool();
    const depths: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const again = (): void => {
        pool
          .use(() => {
            let depth = 0;
            for (let hold = holdOf(pool); hold !== undefined; hold = hold.outer) depth++;
            depths.push(depth);
            if (depths.length < 20) setImmediate(again);
            else resolve();
          })
          .catch(reject);
      };
      again();
    });
    expect(Math.max(...depths)).toBe(1);
  });

  it("remembers no task that has ended, though each starts the next before its own end", async () => {
    const { pool } = testPool();
    const tasks: WeakRef<object>[] = [];
    await new Promise<void>((resolve, reject) => {
      const again = (): void => {
        pool
          .use(async () => {
            tasks.push(new WeakRef(holdOf(pool)!)); // it runs inside of one
            if (tasks.length < 100) return again();
            await settle();
            globalThis.gc?.();
            resolve();
          })
          .catch(reject);
      };
      again();
    });
    const remembered = tasks.filter((task) => task.deref() !== undefined).length;
    expect(remembered).toBeLessThan(20);
  });

  it("is not told because of what is lent for one statement", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const statement = gate();
    const other = borrowing(pool, async (borrower) => {
      const lease = await borrower.acquire(undefined, true);
      const beside = pool.use(() => "beside");
      await statement.promise;
      lease.release();
      return await beside;
    });
    await settle();
    expect(pool.stats).toMatchObject({ leased: 1, waiting: 1 });
    statement.resolve();
    expect(await other).toBe("beside");
  });

  it("is told of a task that waits for one statement's connection while it holds the only one", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const task = pool.use(() => borrowing(pool, async (inner) => (await inner.acquire(undefined, true)).release()));
    await poolErrorOf(task, "SELF_DEADLOCK");
  });

  it("is found for sessions, which borrow now and then", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const task = borrowing(pool, async (borrower) => {
      const lease = await borrower.acquire();
      try {
        return await borrowing(pool, async (inner) => (await inner.acquire()).release());
      } finally {
        lease.release();
      }
    });
    await poolErrorOf(task, "SELF_DEADLOCK");
    expect(pool.stats.idle).toBe(1);
  });

  it("is no danger for a session that holds nothing at the moment", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const result = await borrowing(pool, async (borrower) => {
      (await borrower.acquire()).release();
      return pool.use(() => "the long work");
    });
    expect(result).toBe("the long work");
  });
});

describe("selfDeadlock reuse", () => {
  it("lends a task its own resource again", async () => {
    const { pool } = testPool({ maxSize: 1, selfDeadlock: "reuse" });
    const ids = await pool.use((outer) => pool.use((inner) => pool.use((third) => [outer.id, inner.id, third.id])));
    expect(ids).toEqual([1, 1, 1]);
    expect(pool.stats).toMatchObject({ idle: 1, totals: { acquired: 1, released: 1 } });
  });

  it("takes another one when the outer lease has ended", async () => {
    const { pool } = testPool({ maxSize: 1, selfDeadlock: "reuse" });
    const result = await pool.use(async (_resource, lease) => {
      lease.release();
      return pool.use((resource, inner) => [resource.id, inner.id]);
    });
    expect(result).toEqual([1, 2]);
  });

  it("gives nothing back while something inside still has it", async () => {
    const { pool } = testPool({ maxSize: 1, selfDeadlock: "reuse" });
    const work = gate();
    let inner: Promise<string> | undefined;
    await pool.use(() => {
      inner = pool.use(async (_resource, lease) => {
        await work.promise;
        expect(lease.active).toBe(true);
        // What runs inside goes on to be part of the task.
        return pool.use((resource) => `inner has ${String(resource.id)}`);
      });
    });
    const stranger = watch(pool.use((resource) => `stranger has ${String(resource.id)}`));
    await settle();
    expect(stranger.state).toBe("pending");
    expect(pool.stats).toMatchObject({ leased: 1, idle: 0 });
    work.resolve();
    expect(await inner).toBe("inner has 1");
    await settle();
    expect(stranger.value).toBe("stranger has 1");
    expect(pool.stats).toMatchObject({ leased: 0, idle: 1, totals: { acquired: 2, released: 2 } });
    expectCountsToAddUp(pool);
  });

  it("closes what is destroyed inside when all have left, and what is destroyed outside", async () => {
    const { pool, backend } = testPool({ maxSize: 1, selfDeadlock: "reuse" });
    await pool.use(async (resource) => {
      await pool.use((_resource, lease) => {
        lease.destroy();
        expect(lease.active).toBe(false);
        expect(() => lease.resource).toThrow(expect.objectContaining({ code: "LEASE_ENDED" }));
      });
      expect(pool.stats).toMatchObject({ leased: 1 });
      expect(await pool.use((again) => again.id)).toBe(resource.id);
    });
    expect(backend.live).toBe(0);
    const work = gate();
    let inner: Promise<unknown> | undefined;
    await pool.use((_resource, lease) => {
      inner = pool.use(() => work.promise);
      lease.destroy();
    });
    expect(backend.live).toBe(1);
    work.resolve();
    await inner;
    expect(backend.live).toBe(0);
    expectCountsToAddUp(pool);
  });

  it("takes what is shared away when the pool closes and its time is over", async () => {
    const { pool, clock, backend } = testPool({ maxSize: 1, selfDeadlock: "reuse" });
    const work = gate();
    let inner: Promise<unknown> | undefined;
    await pool.use(() => {
      inner = pool.use(async (_resource, lease) => {
        await work.promise;
        return lease.active;
      });
    });
    const closed = pool.close({ timeout: 100 });
    await clock.advance(200);
    await closed;
    expect(backend.live).toBe(0);
    work.resolve();
    expect(await inner).toBe(false);
    expectCountsToAddUp(pool);
  });

  it("heeds the signal and fatal errors of what runs inside", async () => {
    const broken = new Error("broken");
    const { pool, backend } = testPool({ maxSize: 1, selfDeadlock: "reuse" }, { isFatal: (error) => error === broken });
    const signal = AbortSignal.abort(new Error("gone"));
    await pool.use(async () => {
      await expect(pool.use(() => expect.unreachable(), { signal })).rejects.toThrow("gone");
      await expect(pool.use(() => Promise.reject(broken))).rejects.toBe(broken);
    });
    expect(backend.live).toBe(0);
    expect(pool.stats.totals.closedBy).toMatchObject({ destroyed: 1 });
  });

  it("does not share between tasks that are not inside one another", async () => {
    const { pool } = testPool({ maxSize: 2, selfDeadlock: "reuse" });
    const ids = await Promise.all([pool.use((resource) => resource.id), pool.use((resource) => resource.id)]);
    expect(ids.sort()).toEqual([1, 2]);
  });
});

describe("selfDeadlock off", () => {
  it("pays nothing: no async context is entered or read", async () => {
    const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
    const getStore = vi.spyOn(AsyncLocalStorage.prototype, "getStore");
    const { pool } = testPool({ selfDeadlock: "off" });
    await pool.use(() => undefined);
    await borrowing(pool, async (borrower) => (await borrower.acquire()).release());
    expect(run).not.toHaveBeenCalled();
    expect(getStore).not.toHaveBeenCalled();
    const checked = testPool();
    await checked.pool.use(() => undefined);
    expect(run).toHaveBeenCalledOnce();
  });

  it("waits out the timeout", async () => {
    const { pool, clock } = testPool({ selfDeadlock: "off", maxSize: 1, acquireTimeout: 1_000 });
    const nested = watch(pool.use(() => pool.use(() => undefined)));
    await clock.advance(900);
    expect(nested.state).toBe("pending");
    await clock.advance(200);
    expect(nested.error).toMatchObject({ code: "ACQUIRE_TIMEOUT" });
  });

  it("is what a bare acquire pays in every mode", async () => {
    const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
    const getStore = vi.spyOn(AsyncLocalStorage.prototype, "getStore");
    const { pool } = testPool();
    (await pool.acquire()).release();
    expect(run).not.toHaveBeenCalled();
    expect(getStore).not.toHaveBeenCalled();
  });
});
