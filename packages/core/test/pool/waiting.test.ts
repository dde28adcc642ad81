import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createPool } from "../../src/pool/create-pool.js";
import { leftAfterCollection } from "../support/collected.js";
import { FakeBackend, gate, hang } from "../support/fake-backend.js";
import { borrow, errorOf, expectCountsToAddUp, hold, poolErrorOf, settle, testPool, watch } from "../support/pool.js";

describe("who is served", () => {
  it("serves waiters in the order of their calls", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const holder = await pool.acquire();
    const order: number[] = [];
    const waits = [1, 2, 3, 4, 5].map(async (n) => {
      const lease = await pool.acquire();
      order.push(n);
      lease.release();
    });
    holder.release();
    await Promise.all(waits);
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it("keeps the order through a hundred thousand waiters and back", async () => {
    const { pool } = testPool({ maxSize: 1, maxWaiting: Infinity });
    const holder = await pool.acquire();
    const order: number[] = [];
    const waits = Array.from({ length: 100_000 }, async (_, n) => {
      const lease = await pool.acquire();
      order.push(n);
      lease.release();
    });
    expect(pool.stats.waiting).toBe(100_000);
    holder.release();
    await Promise.all(waits);
    expect(order.every((n, i) => n === i)).toBe(true);
    expect(pool.stats.waiting).toBe(0);
  });

  it("serves by priority first, and equal ones in the order of their calls", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const holder = await pool.acquire();
    const order: string[] = [];
    const wait = async (label: string, priority?: "high" | "normal" | "low"): Promise<void> => {
      const lease = await pool.acquire(priority === undefined ? { label } : { label, priority });
      order.push(label);
      lease.release();
    };
    const waits = [
      wait("low 1", "low"),
      wait("normal 1"),
      wait("high 1", "high"),
      wait("normal 2", "normal"),
      wait("high 2", "high"),
      wait("low 2", "low"),
    ];
    holder.release();
    await Promise.all(waits);
    expect(order).toEqual(["high 1", "high 2", "normal 1", "normal 2", "low 1", "low 2"]);
  });

  it("passes over those who have given up", async () => {
    const { pool, clock } = testPool({ maxSize: 1 });
    const holder = await pool.acquire();
    const first = watch(pool.acquire({ timeout: 10 }));
    const second = watch(pool.acquire());
    await clock.advance(50);
    holder.release();
    await settle();
    expect(first.state).toBe("rejected");
    expect(second.state).toBe("resolved");
  });

  it("lends the one returned last first, and with reuse fifo the one returned first", async () => {
    const firstOf = async (reuse: "lifo" | "fifo"): Promise<number> => {
      const { pool } = testPool({ maxSize: 3, reuse });
      const leases = await borrow(pool, 3);
      for (const lease of leases) lease.release();
      return (await pool.acquire()).resource.id;
    };
    expect(await firstOf("lifo")).toBe(3);
    expect(await firstOf("fifo")).toBe(1);
  });

  it("settles every waiter once when a hundred of them share ten resources", async () => {
    const { pool, backend } = testPool({ maxSize: 10 });
    let most = 0;
    let now = 0;
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        using lease = await pool.acquire();
        most = Math.max(most, ++now);
        await settle();
        expect(lease.active).toBe(true);
        now--;
      }),
    );
    expect(most).toBe(10);
    expect(backend.connects).toBe(10);
    expectCountsToAddUp(pool);
  });
});

describe("how long a wait lasts", () => {
  it("rejects with ACQUIRE_TIMEOUT when nothing comes free within acquireTimeout, and not before", async () => {
    const { pool, clock } = testPool({ maxSize: 1, acquireTimeout: "2s" });
    await hold(pool);
    const late = watch(pool.acquire());
    await clock.advance(1_999);
    expect(late.state).toBe("pending");
    await clock.advance(2);
    expect(late.error).toMatchObject({ code: "ACQUIRE_TIMEOUT" });
    expect(pool.stats.totals.timedOut).toBe(1);
    expect(pool.stats.waiting).toBe(0);
  });

  it("waits 30 s by default", async () => {
    const { pool, clock } = testPool({ maxSize: 1 });
    await hold(pool);
    const late = watch(pool.acquire());
    await clock.advance(29_999);
    expect(late.state).toBe("pending");
    await clock.advance(20);
    expect(late.state).toBe("rejected");
  });

  it("takes a deadline per call, shorter or longer than the pool's", async () => {
    const { pool, clock } = testPool({ maxSize: 1, acquireTimeout: 1_000 });
    await hold(pool);
    const short = watch(pool.acquire({ timeout: 100 }));
    const usual = watch(pool.acquire());
    const long = watch(pool.acquire({ timeout: 5_000 }));
    const endless = watch(pool.acquire({ timeout: Infinity }));
    await clock.advance(150);
    expect([short.state, usual.state, long.state]).toEqual(["rejected", "pending", "pending"]);
    await clock.advance(900);
    expect([usual.state, long.state]).toEqual(["rejected", "pending"]);
    await clock.advance(4_000);
    expect(long.state).toBe("rejected");
    await clock.advance(10_000_000);
    expect(endless.state).toBe("pending");
  });

  it("settles within 50 ms after the deadline, however deadlines are mixed", async () => {
    const { pool, clock } = testPool({ maxSize: 1 });
    await hold(pool);
    const start = clock.now();
    const waits = Array.from({ length: 200 }, (_, i) => {
      const timeout = 1 + ((i * 37) % 400);
      return errorOf(pool.acquire({ timeout })).then(() => clock.now() - start - timeout);
    });
    for (let i = 0; i < 500; i++) await clock.advance(1);
    const lateness = await Promise.all(waits);
    expect(Math.min(...lateness)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...lateness)).toBeLessThanOrEqual(50);
  });

  it("keeps one timer for all who wait", async () => {
    const { pool, clock } = testPool({ maxSize: 1 });
    await hold(pool);
    const before = clock.pending;
    for (let i = 0; i < 500; i++) watch(pool.acquire());
    expect(clock.pending - before).toBeLessThanOrEqual(1);
  });

  it("with timeout 0 takes what is there and never waits", async () => {
    const { pool, backend } = testPool({ maxSize: 1 });
    await poolErrorOf(pool.acquire({ timeout: 0 }), "ACQUIRE_TIMEOUT");
    expect(backend.connects).toBe(0);
    (await pool.acquire()).release();
    const lease = await pool.acquire({ timeout: 0 });
    expect(lease.resource.id).toBe(1);
    await poolErrorOf(pool.acquire({ timeout: 0 }), "ACQUIRE_TIMEOUT");
    expect(pool.stats.totals.timedOut).toBe(2);
  });

  it("serves on after a storm of timeouts", async () => {
    const { pool, clock } = testPool({ maxSize: 1, maxWaiting: Infinity, acquireTimeout: 100 });
    const holder = await pool.acquire();
    const waits = Array.from({ length: 10_000 }, () => watch(pool.acquire()));
    await clock.advance(150);
    expect(waits.every((wait) => wait.state === "rejected")).toBe(true);
    const next = watch(pool.acquire());
    holder.release();
    await settle();
    expect(next.state).toBe("resolved");
    expectCountsToAddUp(pool);
  });
});

describe("giving up a wait", () => {
  it("rejects with the signal's reason and leaves the queue", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const holder = await pool.acquire();
    const controller = new AbortController();
    const reason = new Error("the client went away");
    const given = errorOf(pool.acquire({ signal: controller.signal }));
    const next = watch(pool.acquire());
    controller.abort(reason);
    expect(await given).toBe(reason);
    expect(pool.stats).toMatchObject({ waiting: 1, totals: { aborted: 1 } });
    holder.release();
    await settle();
    expect(next.state).toBe("resolved");
  });

  it("rejects at once when the signal has been aborted already, even where a resource is idle", async () => {
    const { pool } = testPool();
    (await pool.acquire()).release();
    const reason = new Error("gone");
    expect(await errorOf(pool.acquire({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(pool.stats).toMatchObject({ idle: 1, leased: 0, totals: { aborted: 1, acquired: 1 } });
  });

  it("has no effect on a lease already given", async () => {
    const { pool } = testPool();
    const controller = new AbortController();
    const lease = await pool.acquire({ signal: controller.signal });
    controller.abort();
    await settle();
    expect(lease.active).toBe(true);
    expect(pool.stats.totals.aborted).toBe(0);
  });

  it("adds one listener to a signal that many wait with, and takes it off when the last has left", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const holder = await pool.acquire();
    const { signal } = new AbortController();
    const waits = Array.from({ length: 100 }, async () => {
      (await pool.acquire({ signal })).release();
    });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    holder.release();
    await Promise.all(waits);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("leaves no listener behind after a timeout, a lease at once or the pool's end", async () => {
    const { pool, clock } = testPool({ maxSize: 1 });
    const { signal } = new AbortController();
    const holder = await pool.acquire({ signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    const late = watch(pool.acquire({ signal, timeout: 10 }));
    await clock.advance(50);
    expect(late.state).toBe("rejected");
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    const closed = watch(pool.acquire({ signal }));
    const closing = pool.close();
    holder.release();
    await closing;
    expect(closed.error).toMatchObject({ code: "POOL_CLOSED" });
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("holds on to no signal when its waiters have gone", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const holder = await pool.acquire();
    const signals: WeakRef<AbortSignal>[] = [];
    (() => {
      const aborted = new AbortController();
      signals.push(new WeakRef(aborted.signal));
      watch(pool.acquire({ signal: aborted.signal }));
      aborted.abort();
      const served = new AbortController();
      signals.push(new WeakRef(served.signal));
      pool.acquire({ signal: served.signal }).then(
        (lease) => lease.release(),
        () => undefined,
      );
    })();
    holder.release();
    expect(await leftAfterCollection(signals)).toBe(0);
    expect(pool.stats).toMatchObject({ idle: 1, waiting: 0 });
  });

  it("ends all who wait with one of a thousand signals, also those who came back with one after the others", async () => {
    const { pool } = testPool({ maxSize: 1, maxWaiting: Infinity });
    const holder = await pool.acquire();
    const controllers = Array.from({ length: 1_000 }, () => new AbortController());
    const waits = [...controllers, ...controllers].map(({ signal }) => watch(pool.acquire({ signal })));
    controllers.forEach((controller, at) => {
      if (at % 2 === 0) controller.abort(new Error("over"));
    });
    await settle();
    expect(waits.map(({ state }) => state)).toEqual(waits.map((_, at) => (at % 2 === 0 ? "rejected" : "pending")));
    expect(pool.stats.waiting).toBe(1_000);
    const closing = pool.close();
    holder.release();
    await closing;
    expect(controllers.flatMap(({ signal }) => getEventListeners(signal, "abort"))).toEqual([]);
  });

  it("aborts ten thousand who share a signal, and serves the rest", async () => {
    const { pool } = testPool({ maxSize: 1, maxWaiting: Infinity });
    const holder = await pool.acquire();
    const controller = new AbortController();
    const waits = Array.from({ length: 10_000 }, () => watch(pool.acquire({ signal: controller.signal })));
    const next = watch(pool.acquire());
    controller.abort();
    await settle();
    expect(waits.every((wait) => wait.state === "rejected")).toBe(true);
    expect(pool.stats.waiting).toBe(1);
    holder.release();
    await settle();
    expect(next.state).toBe("resolved");
  });

  it("lets the connect of an aborted caller finish for the next one", async () => {
    const connect = Promise.withResolvers<undefined>();
    const { pool, backend } = testPool({}, { create: () => connect.promise });
    const controller = new AbortController();
    const given = watch(pool.acquire({ signal: controller.signal }));
    controller.abort();
    await settle();
    expect(given.state).toBe("rejected");
    connect.resolve(undefined);
    await settle();
    expect((await pool.acquire()).resource.id).toBe(1);
    expect(backend.connects).toBe(1);
  });
});

describe("tryAcquire", () => {
  it("gives an idle resource at once, and nothing where it would have to connect", async () => {
    const { pool, backend } = testPool();
    expect(pool.tryAcquire()).toBeUndefined();
    expect(backend.connects).toBe(0);
    (await pool.acquire()).release();
    const lease = pool.tryAcquire({ label: "quick" });
    expect(lease?.resource.id).toBe(1);
    expect(pool.holders()).toMatchObject([{ label: "quick" }]);
    expect(pool.tryAcquire()).toBeUndefined();
  });

  it("never overtakes somebody who waits", async () => {
    const validation = Promise.withResolvers<undefined>();
    const { pool, clock } = testPool({ maxSize: 2 }, { validate: () => validation.promise });
    (await pool.acquire()).release();
    await clock.advance(1_500);
    const waiter = watch(pool.acquire());
    expect(pool.stats).toMatchObject({ waiting: 1, validating: 1 });
    expect(pool.tryAcquire()).toBeUndefined();
    validation.resolve(undefined);
    await settle();
    expect(waiter.state).toBe("resolved");
  });

  it("gives nothing that would have to be validated first", async () => {
    const { pool, clock, backend } = testPool({}, { validate: () => undefined });
    (await pool.acquire()).release();
    await clock.advance(1_500);
    expect(pool.tryAcquire()).toBeUndefined();
    expect(backend.idsOf("validate")).toEqual([]);
  });

  it("gives nothing once the pool is closing", async () => {
    const { pool } = testPool();
    const held = await pool.acquire();
    const closing = pool.close();
    expect(pool.tryAcquire()).toBeUndefined();
    held.release();
    await closing;
    expect(pool.tryAcquire()).toBeUndefined();
  });
});

describe("a bounded queue", () => {
  it("refuses with QUEUE_FULL when maxWaiting wait already", async () => {
    const { pool } = testPool({ maxSize: 1, maxWaiting: 2 });
    const holder = await pool.acquire();
    const first = watch(pool.acquire());
    const second = watch(pool.acquire());
    const error = await poolErrorOf(pool.acquire(), "QUEUE_FULL");
    expect(error.message).toBe('pool "test" refused a caller: 2 wait already, of at most 2 (1 leased, of at most 1)');
    expect(error.details).toMatchObject({ waiting: 2, maxWaiting: 2, leased: 1 });
    expect(pool.stats.totals.refused).toBe(1);
    holder.release();
    await settle();
    expect([first.state, second.state]).toEqual(["resolved", "pending"]);
  });

  it("lets 500 wait by default", async () => {
    const { pool } = testPool({ maxSize: 1 });
    await hold(pool);
    for (let i = 0; i < 500; i++) watch(pool.acquire());
    await poolErrorOf(pool.acquire(), "QUEUE_FULL");
  });

  it("counts only those who still wait", async () => {
    const { pool, clock } = testPool({ maxSize: 1, maxWaiting: 1 });
    const holder = await pool.acquire();
    const first = watch(pool.acquire({ timeout: 10 }));
    await clock.advance(50);
    expect(first.state).toBe("rejected");
    const second = watch(pool.acquire());
    holder.release();
    await settle();
    expect(second.state).toBe("resolved");
  });

  it("with maxWaiting 0 lends what there is and may be, and refuses the rest", async () => {
    const { pool } = testPool({ maxSize: 2, maxWaiting: 0 });
    const [first, second] = await borrow(pool, 2);
    await poolErrorOf(pool.acquire(), "QUEUE_FULL");
    second?.release();
    const next = await pool.acquire();
    await poolErrorOf(pool.acquire(), "QUEUE_FULL");
    for (const lease of [first, next]) lease?.release();
  });

  it("refuses nobody for whom a resource may still be opened", async () => {
    const { pool } = testPool({ maxSize: 20, maxWaiting: 5 });
    const waits = Array.from({ length: 21 }, () => watch(pool.acquire()));
    await settle();
    const inState = (state: string): number => waits.filter((wait) => wait.state === state).length;
    expect([inState("resolved"), inState("pending"), inState("rejected")]).toEqual([20, 0, 1]);
    expect(waits[20]?.error).toMatchObject({ code: "QUEUE_FULL" });
    const later = Array.from({ length: 6 }, () => watch(pool.acquire()));
    await settle();
    expect(later.map((wait) => wait.state)).toEqual([...Array<string>(5).fill("pending"), "rejected"]);
  });

  it("refuses nobody for whom a resource is made ready", async () => {
    const made = gate();
    const { pool, clock } = testPool(
      { maxSize: 2, maxWaiting: 0 },
      { validate: () => made.promise, reset: () => made.promise },
    );
    for (const lease of await borrow(pool, 2)) lease.release();
    const whileReset = watch(pool.acquire());
    made.resolve();
    await settle();
    whileReset.value?.release();
    await clock.advance(2_000);
    const whileChecked = watch(pool.acquire());
    await settle();
    expect([whileReset.state, whileChecked.state]).toEqual(["resolved", "resolved"]);
  });

  it.each([
    [2, 3, "3 wait already, of at most 2, or as many as are not lent"],
    [5, 5, "5 wait already, of at most 5"],
  ])("of %i holds while nothing is opened: %i wait", async (maxWaiting, most, message) => {
    const { pool } = testPool({ maxSize: 3, maxWaiting }, { create: hang });
    const waits = Array.from({ length: 8 }, () => watch(pool.acquire()));
    await settle();
    expect(waits.map((wait) => wait.state).filter((state) => state === "pending")).toHaveLength(most);
    expect((waits[7]?.error as Error).message).toBe(
      `pool "test" refused a caller: ${message} (0 leased, of at most 3)`,
    );
  });

  it("lets no more wait where more are lent than may be", async () => {
    const { pool } = testPool({ maxSize: 4, maxWaiting: 1 });
    const leases = await borrow(pool, 4);
    pool.resize({ maxSize: 1 });
    const first = watch(pool.acquire());
    await poolErrorOf(pool.acquire(), "QUEUE_FULL");
    for (const lease of leases) lease.release();
    await settle();
    expect(first.state).toBe("resolved");
  });
});

describe("bad input", () => {
  const bad: readonly [string, unknown][] = [
    ["timeout", { timeout: -1 }],
    ["timeout", { timeout: NaN }],
    ["timeout", { timeout: "5s" }],
    ["signal", { signal: {} }],
    ["label", { label: 7 }],
    ["priority", { priority: "urgent" }],
    ["options", null],
    ["options", 5],
  ];

  it.each(bad)("names %s when acquire is handed %o, and borrows nothing", async (name, options) => {
    const { pool, backend } = testPool();
    const error = await poolErrorOf(pool.acquire(options as never), "INVALID_ARGUMENT");
    expect(error.message).toContain(`pool "test": ${name} must be `);
    const used = await poolErrorOf(
      pool.use(() => undefined, options as never),
      "INVALID_ARGUMENT",
    );
    expect(used.message).toContain(`${name} must be `);
    expect(backend.connects).toBe(0);
    expect(pool.stats).toMatchObject({ waiting: 0, leased: 0 });
  });

  it.each([
    { hold: {} },
    { hold: 1 },
    { hold: null },
    Object.create({ hold: {} }) as object,
    Object.defineProperty({}, "hold", { value: {} }),
  ])("takes no part in what the pool keeps of its own tasks: %o", async (options) => {
    const { pool } = testPool({ maxSize: 1 });
    const lease = await pool.acquire();
    const message = 'pool "test": acquire takes no option "hold"; it takes signal, timeout, label, priority';
    expect(await poolErrorOf(pool.acquire(options), "INVALID_ARGUMENT")).toMatchObject({ message });
    const used = pool.use(() => undefined, options);
    expect(await poolErrorOf(used, "INVALID_ARGUMENT")).toMatchObject({ message });
    expect(() => pool.tryAcquire(options)).toThrow(message);
    lease.release();
    expect(pool.stats).toMatchObject({ leased: 0, idle: 1, waiting: 0 });
  });

  it("is refused where it has an option that there is not, unless that says nothing", async () => {
    const { pool } = testPool();
    const mistyped = { label: "a", timeOut: 5 };
    const error = await poolErrorOf(pool.acquire(mistyped), "INVALID_ARGUMENT");
    expect(error.message).toContain('acquire takes no option "timeOut"');
    (await pool.acquire({ timeOut: undefined } as object)).release();
  });

  it("is refused by use in place of a task, before anything is borrowed", async () => {
    const { pool, backend } = testPool();
    const error = await poolErrorOf(pool.use("SELECT 1" as never), "INVALID_ARGUMENT");
    expect(error.message).toBe('pool "test": task must be a function, got "SELECT 1"');
    expect(backend.connects).toBe(0);
  });

  it("does not include options that the caller changes after the call", async () => {
    const { pool } = testPool({ maxSize: 1 });
    const holder = await pool.acquire();
    const [first, second] = [new AbortController(), new AbortController()];
    const options = { signal: first.signal, label: "one" };
    const served = watch(pool.acquire(options));
    options.signal = second.signal;
    const aborted = watch(pool.acquire(options));
    holder.release();
    await settle();
    expect(served.state).toBe("resolved");
    second.abort(new Error("gone"));
    await settle();
    expect(aborted.error).toMatchObject({ message: "gone" });
    expect(getEventListeners(first.signal, "abort")).toHaveLength(0);
    served.value?.release();
    expect(pool.stats).toMatchObject({ idle: 1, waiting: 0, totals: { aborted: 1 } });
  });
});

describe("on the system's clock", () => {
  it("a short wait is not cut by the time that the loop was blocked before it", async () => {
    const pool = createPool(new FakeBackend(), { maxSize: 1 });
    const holder = await pool.acquire();
    const first = watch(pool.acquire({ timeout: 20 }));
    const blockedUntil = performance.now() + 200;
    while (performance.now() < blockedUntil);
    const start = performance.now();
    await poolErrorOf(pool.acquire({ timeout: 150 }), "ACQUIRE_TIMEOUT");
    expect(performance.now() - start).toBeGreaterThanOrEqual(148);
    expect(first.state).toBe("rejected");
    holder.release();
    await pool.close();
  });
});
