import { describe, expect, it } from "vitest";
import { onEvent } from "../../src/on-event.js";
import { createPool } from "../../src/pool/create-pool.js";
import type { ResourceFactory } from "../../src/pool/factory.js";
import { gate, hang } from "../support/fake-backend.js";
import { ManualClock } from "../support/manual-clock.js";
import { errorOf, expectCountsToAddUp, poolErrorOf, settle, testPool, watch } from "../support/pool.js";

/** A factory whose every method is as the test says, types or not. */
function crooked(methods: Record<string, unknown>): ResourceFactory<object> {
  return { kind: "crooked", create: async () => ({}), close: () => undefined, ...methods };
}

function rejectedWith(reason: unknown): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  reject(reason);
  return promise;
}

function fail(): never {
  throw new Error("synchronously");
}

describe("a factory that throws where it should reject", () => {
  it("in create counts as a failed connect", async () => {
    const pool = createPool(crooked({ create: fail }), { clock: new ManualClock() });
    const error = await poolErrorOf(pool.warm(), "CONNECT_FAILED");
    expect(error.message).toBe('pool "crooked": opening a crooked resource failed: synchronously');
  });

  it("in validate closes the resource", async () => {
    const clock = new ManualClock();
    const pool = createPool(crooked({ validate: fail }), { clock });
    (await pool.acquire()).release();
    await clock.advance(2_000);
    await pool.acquire();
    expect(pool.stats.totals.closedBy["validate-failed"]).toBe(1);
  });

  it("in reset closes the resource", async () => {
    const pool = createPool(crooked({ reset: fail }));
    (await pool.acquire()).release();
    await settle();
    expect(pool.stats).toMatchObject({ size: 0, totals: { closedBy: { "reset-failed": 1 } } });
  });

  it("in close leaves nothing behind", async () => {
    const pool = createPool(crooked({ close: fail }));
    const lease = await pool.acquire();
    expect(() => lease.destroy()).not.toThrow();
    expect(pool.stats.size).toBe(0);
    await pool.close();
  });

  it("in status closes the resource at its return, and does not stop holders from being told", async () => {
    const pool = createPool(crooked({ status: fail }));
    const lease = await pool.acquire();
    expect(pool.holders()).toMatchObject([{ leaseId: 1, inTransaction: undefined }]);
    expect(() => lease.release()).not.toThrow();
    expect(pool.stats).toMatchObject({ size: 0, totals: { closedBy: { "reset-failed": 1 } } });
  });

  it("in isFatal leaves the task's own error to the caller", async () => {
    const pool = createPool(crooked({ isFatal: fail }));
    const own = new Error("duplicate key");
    expect(await errorOf(pool.use(() => Promise.reject(own)))).toBe(own);
    const lease = await pool.acquire();
    expect(await errorOf(lease.track("INSERT", () => Promise.reject(own)))).toBe(own);
    lease.release();
    expectCountsToAddUp(pool);
  });
});

describe("a factory whose errors quote a secret", () => {
  const own = new Error("connect postgres://app:hunter2@db/x failed");
  const quote = (): Promise<never> => rejectedWith(own);

  it("keeps it out of what is told of a failed connect; the cause stays its own error", async () => {
    const clock = new ManualClock();
    const pool = createPool(crooked({ create: quote }), { clock, acquireTimeout: 300 });
    const [timedOut, warmed] = [watch(pool.acquire({ timeout: 60 })), watch(pool.warm())];
    const waited = watch(pool.acquire({ timeout: 2_000 }));
    await clock.advance(2_000);
    expect(waited.error).toMatchObject({ code: "UNAVAILABLE" });
    for (const told of [timedOut.error, warmed.error, waited.error, pool.stats.lastError]) {
      expect(String(told)).toContain("postgres://[redacted]@db/x");
      expect(String(told)).not.toContain("hunter2");
    }
    expect(warmed.error).toMatchObject({ code: "CONNECT_FAILED", cause: own });
  });

  it.each([
    ["validate", "validate-failed"],
    ["reset", "reset-failed"],
  ] as const)("keeps it out of what is told of a failed %s", async (method, reason) => {
    const clock = new ManualClock();
    const pool = createPool(crooked({ [method]: quote }), { clock });
    const causes: unknown[] = [];
    using _ = onEvent("pool:close", ({ reason: why, cause }) => {
      if (why === reason) causes.push(cause);
    });
    (await pool.acquire()).release();
    await clock.advance(2_000);
    await pool.acquire();
    expect(String(causes[0])).toContain("[redacted]@db");
    expect(causes[0]).toMatchObject({ code: "VALIDATE_FAILED", cause: own });
  });
});

describe("a factory that answers with something else", () => {
  it("may create without a promise", async () => {
    const resource = {};
    const pool = createPool(crooked({ create: () => resource }));
    expect((await pool.acquire()).resource).toBe(resource);
  });

  it("may lend undefined", async () => {
    const pool = createPool(crooked({ create: async () => undefined }));
    const lease = await pool.acquire();
    expect(lease.resource).toBeUndefined();
    lease.release();
    await pool.close();
    expect(pool.stats.totals.closed).toBe(1);
  });

  it.each([null, 0, "", {}, { then: 5 }])("may answer close with %o", async (answer) => {
    const pool = createPool(crooked({ close: () => answer }));
    const lease = await pool.acquire();
    expect(() => lease.destroy()).not.toThrow();
    expect(pool.stats.size).toBe(0);
  });

  it("may answer close with a promise that throws when it is asked", async () => {
    const pool = createPool(crooked({ close: () => ({ then: fail }) }), { clock: new ManualClock() });
    const lease = await pool.acquire();
    expect(() => lease.destroy()).not.toThrow();
    await settle();
    expect(pool.stats.size).toBe(0);
  });

  it("may reject with something that is no error", async () => {
    const pool = createPool(crooked({ create: () => rejectedWith("no") }));
    const error = await poolErrorOf(pool.warm(), "CONNECT_FAILED");
    expect(error.message).toContain("failed: no");
    expect(error.cause).toBe("no");
  });
});

describe("a factory that hangs", () => {
  it("in create is aborted after connectTimeout, 5 s by default, and its late resource is closed", async () => {
    const connect = gate();
    const signals: AbortSignal[] = [];
    const { pool, clock, backend } = testPool(
      { maxSize: 1 },
      {
        create: (context, attempt) => {
          signals.push(context.signal);
          return attempt === 1 ? connect.promise : undefined;
        },
      },
    );
    const wait = watch(pool.acquire());
    await clock.advance(4_999);
    expect(signals[0]?.aborted).toBe(false);
    await clock.advance(2);
    expect(signals[0]?.reason).toMatchObject({ code: "CONNECT_TIMEOUT" });
    expect((signals[0]?.reason as Error).message).toBe('pool "test": opening a fake resource took longer than 5000 ms');
    connect.resolve(); // ignored its signal, and answers late
    await clock.advance(500);
    expect(backend.opened[0]?.closes).toBe(1);
    expect(wait.value?.resource.id).toBe(2);
    expect(pool.stats.totals.closedBy.abandoned).toBe(1);
    expectCountsToAddUp(pool);
  });

  it("in create and ignores its signal gives its place up after closeTimeout, and is still closed when it comes", async () => {
    const connect = gate();
    const { pool, clock, backend } = testPool(
      { maxSize: 1 },
      { create: (_context, attempt) => (attempt === 1 ? connect.promise : undefined) },
    );
    const wait = watch(pool.acquire());
    await clock.advance(5_900);
    expect(pool.stats).toMatchObject({ connecting: 1, size: 1 });
    await clock.advance(700);
    expect(wait.value?.resource.id).toBe(2);
    connect.resolve();
    await settle();
    expect(backend.opened).toHaveLength(2);
    expect(backend.opened[1]).toMatchObject({ id: 1, closes: 1 });
    expect(pool.stats.totals).toMatchObject({ created: 2, closed: 1, createFailed: 1 });
    expectCountsToAddUp(pool);
  });

  it("in close is forgotten after closeTimeout, one second by default", async () => {
    const { pool, clock } = testPool({ maxSize: 1 }, { close: hang });
    (await pool.acquire()).destroy();
    const wait = watch(pool.acquire());
    await clock.advance(990);
    expect(wait.state).toBe("pending");
    await clock.advance(20);
    expect(wait.value?.resource.id).toBe(2);
  });

  it("in close and then rejects causes no unhandled rejection", async () => {
    const late = gate();
    const { pool, clock } = testPool({}, { close: () => late.promise });
    (await pool.acquire()).destroy();
    await clock.advance(1_500);
    late.reject(new Error("too late to matter"));
    await settle();
    expect(pool.stats.size).toBe(0);
  });
});

describe("something else than a factory", () => {
  it.each([undefined, null, 5, {}, { kind: "x", create: 5, close: fail }, { kind: "x", create: fail }])(
    "%o is refused by createPool with a typed error",
    (factory) => {
      expect(() => createPool(factory as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );
});
