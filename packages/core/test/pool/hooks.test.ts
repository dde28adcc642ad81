import { describe, expect, it } from "vitest";
import { createPool } from "../../src/pool/create-pool.js";
import type { ResourceFactory } from "../../src/pool/factory.js";
import { withCredentials } from "../../src/pool/credentials.js";
import { withHooks, type PoolHooks } from "../../src/pool/hooks.js";
import { FakeBackend, FakeResource, gate, hang, type FakeBehaviour } from "../support/fake-backend.js";
import { ManualClock } from "../support/manual-clock.js";
import { errorOf, poolErrorOf, settle, watch } from "../support/pool.js";

function hooked(hooks: PoolHooks<FakeResource>, behaviour: FakeBehaviour = {}, options = {}) {
  const clock = new ManualClock();
  const backend = new FakeBackend(behaviour);
  const pool = createPool(withHooks(backend, hooks), { name: "test", clock, random: () => 0, ...options });
  return { pool, backend, clock };
}

describe("afterConnect", () => {
  it("runs once for each resource, before its first loan", async () => {
    const seen: number[] = [];
    const { pool } = hooked({ afterConnect: (resource) => seen.push(resource.id) });
    for (let i = 0; i < 3; i++) (await pool.acquire()).release();
    expect(seen).toEqual([1]);
  });

  it("that refuses counts as a failed connect, and what was opened is closed", async () => {
    const { pool, backend } = hooked({
      afterConnect: () => {
        throw new Error("wrong schema");
      },
    });
    const error = await poolErrorOf(pool.warm(), "HOOK_REFUSED");
    expect(error.message).toBe("afterConnect refused a fake resource: wrong schema");
    expect(backend.opened[0]?.closes).toBe(1);
    expect(pool.stats).toMatchObject({ size: 0, failures: 1, totals: { createFailed: 1 } });
  });

  it("that refuses with a secret in its text keeps it to its cause", async () => {
    const { pool } = hooked({ afterConnect: () => Promise.reject(new Error("postgres://app:hunter2@db/x is empty")) });
    const error = await poolErrorOf(pool.warm(), "HOOK_REFUSED");
    expect(error.message).toBe("afterConnect refused a fake resource: postgres://[redacted]@db/x is empty");
    expect(String(error.cause)).toContain("hunter2");
  });

  it("that refuses is told as such when the close fails as well", async () => {
    const { pool } = hooked(
      { afterConnect: () => Promise.reject(new Error("wrong schema")) },
      {
        close: () => {
          throw new Error("close failed, too");
        },
      },
    );
    await poolErrorOf(pool.warm(), "HOOK_REFUSED");
  });
});

describe("afterConnect that never settles", () => {
  const options = { maxSize: 2, connectTimeout: 200, closeTimeout: 50, acquireTimeout: 10_000 };

  it("is given up with its connect, and what was opened is closed, once, also when the hook settles after all", async () => {
    const late = gate();
    const { pool, backend, clock } = hooked({ afterConnect: () => late.promise }, {}, options);
    const waits = [watch(pool.acquire()), watch(pool.acquire())];
    await clock.advance(3_000);
    expect(backend.opened.length).toBeGreaterThan(2);
    expect(backend.most).toBeLessThanOrEqual(2);
    expect(pool.stats.lastError).toMatchObject({ code: "CONNECT_TIMEOUT" });
    await pool.close({ timeout: 0 });
    late.resolve();
    await settle();
    expect(backend.live).toBe(0);
    expect(backend.opened.every(({ closes, graceful }) => closes === 1 && graceful === false)).toBe(true);
    expect(waits.map(({ state }) => state)).toEqual(["rejected", "rejected"]);
  });

  it("keeps its place among maxSize while it is closed, for closeTimeout at most", async () => {
    const { pool, clock } = hooked({ afterConnect: hang }, { close: hang }, { ...options, maxSize: 1 });
    watch(pool.acquire());
    await clock.advance(240);
    expect(pool.stats.size).toBe(1);
    await clock.advance(20);
    expect(pool.stats).toMatchObject({ failures: 1 });
  });

  it("is not begun on what was opened after its connect was given up", async () => {
    const opens = gate();
    const seen: number[] = [];
    const { pool, backend, clock } = hooked(
      { afterConnect: ({ id }) => seen.push(id) },
      { create: () => opens.promise },
      options,
    );
    const warmed = watch(pool.warm());
    await clock.advance(200);
    opens.resolve();
    await settle();
    expect(warmed.error).toMatchObject({ code: "CONNECT_TIMEOUT" });
    expect(seen).not.toContain(1);
    expect(backend.opened[0]?.closes).toBe(1);
  });
});

describe("a hook whose time is over before it begins", () => {
  it.each([
    ["beforeLend", "validate"],
    ["afterReturn", "reset"],
  ] as const)("is not run on a resource that is closed: %s after a slow %s", async (hook, method) => {
    const work = gate();
    const seen: number[] = [];
    const { pool, backend, clock } = hooked(
      { [hook]: ({ id }: FakeResource) => seen.push(id) },
      { [method]: () => work.promise, validateAlways: true },
      { validateTimeout: 100, maxSize: 1 },
    );
    const first = watch(pool.acquire());
    await settle();
    first.value?.release();
    await clock.advance(100);
    expect(backend.opened[0]?.closes).toBe(1);
    work.resolve();
    await settle();
    expect(seen).not.toContain(1);
  });
});

describe("beforeLend", () => {
  it("runs before every loan, the first and one straight from another's hands included", async () => {
    const seen: number[] = [];
    const { pool } = hooked({ beforeLend: (resource) => seen.push(resource.id) }, {}, { maxSize: 1 });
    const first = await pool.acquire();
    const waiting = pool.acquire();
    first.release();
    (await waiting).release();
    (await pool.acquire()).release();
    expect(seen).toEqual([1, 1, 1]);
  });

  it("that refuses has the resource closed, and the caller gets another", async () => {
    const { pool, backend } = hooked({
      beforeLend: (resource) => {
        if (resource.id === 1) throw new Error("read-only");
      },
    });
    const wait = watch(pool.acquire());
    await settle();
    expect(wait.value?.resource.id ?? 2).toBe(2);
    expect(backend.opened[0]?.closes).toBe(1);
    expect(pool.stats.totals.closedBy).toMatchObject({ "hook-refused": 1, "validate-failed": 0 });
  });

  it("that refuses all is told as a refusal, and not as a connect that failed", async () => {
    const { pool, clock } = hooked({ beforeLend: () => Promise.reject(new Error("read-only")) });
    const wait = watch(pool.acquire({ timeout: 2_000 }));
    await clock.advance(2_000);
    expect(String(wait.error)).toContain("refused: beforeLend refused a fake resource: read-only");
    expect(String(wait.error)).not.toContain("connect failed");
    expect(String(wait.error)).not.toContain("connects failed");
  });

  it("is bounded by validateTimeout", async () => {
    let hanging = false;
    const { pool, clock } = hooked({ beforeLend: () => (hanging ? hang() : undefined) }, {}, { validateTimeout: 100 });
    (await pool.acquire()).release();
    hanging = true;
    const wait = watch(pool.acquire());
    await clock.advance(99);
    expect(pool.stats.validating).toBe(1);
    hanging = false;
    await clock.advance(300);
    expect(wait.value?.resource.id).toBe(2);
  });

  it("leaves the factory's own validation to when it is due", async () => {
    const { pool, clock, backend } = hooked({ beforeLend: () => undefined }, { validate: () => undefined });
    for (let i = 0; i < 3; i++) (await pool.acquire()).release();
    expect(backend.idsOf("validate")).toEqual([]);
    await clock.advance(2_000);
    (await pool.acquire()).release();
    expect(backend.idsOf("validate")).toEqual([1]);
  });
});

describe("afterReturn", () => {
  it("runs after every return, when the resource has been reset", async () => {
    const order: string[] = [];
    const { pool } = hooked(
      { afterReturn: () => order.push("hook") },
      { reset: () => order.push("reset"), status: (resource) => resource.status },
    );
    (await pool.acquire()).release();
    await settle();
    const lease = await pool.acquire();
    lease.resource.status = { clean: true };
    lease.release();
    await settle();
    expect(order).toEqual(["reset", "hook", "hook"]);
    expect(pool.stats.idle).toBe(1);
  });

  it("that refuses has the resource closed", async () => {
    const { pool, backend } = hooked({ afterReturn: () => Promise.reject(new Error("tainted")) });
    (await pool.acquire()).release();
    await settle();
    expect(backend.live).toBe(0);
    expect(pool.stats.totals.closedBy).toMatchObject({ "hook-refused": 1, "reset-failed": 0 });
  });

  it("lets no open transaction pass that the factory cannot reset", async () => {
    const { pool, backend } = hooked({ afterReturn: () => undefined }, { status: () => ({ inTransaction: true }) });
    (await pool.acquire()).release();
    await settle();
    expect(backend.live).toBe(0);
    expect(pool.stats).toMatchObject({ idle: 0, totals: { openTransactions: 1 } });
  });

  it("has an open transaction reset that the factory calls clean", async () => {
    const { pool, backend } = hooked(
      { afterReturn: () => undefined },
      { status: () => ({ inTransaction: true, clean: true }), reset: () => undefined },
    );
    (await pool.acquire()).release();
    await settle();
    expect(backend.idsOf("reset")).toEqual([1]);
  });
});

describe("withHooks", () => {
  it("keeps what the factory can do, methods of a class included", async () => {
    class Factory implements ResourceFactory<FakeResource> {
      readonly kind = "class";
      readonly #made: FakeResource[] = [];
      async create(): Promise<FakeResource> {
        const resource = new FakeResource(this.#made.length + 1, () => undefined);
        this.#made.push(resource);
        return resource;
      }
      close(): void {
        this.#made.pop();
      }
      status(): { clean: boolean } {
        return { clean: this.#made.length > 0 };
      }
      isFatal(error: unknown): boolean {
        return this.#made.length > 0 && error instanceof RangeError;
      }
    }
    const pool = createPool(withHooks(new Factory(), {}));
    expect(pool.kind).toBe("class");
    await errorOf(pool.use(() => Promise.reject(new RangeError("fatal"))));
    expect(pool.stats).toMatchObject({ size: 0, totals: { destroyed: 1 } });
  });

  it("costs no check where there is no hook for it", () => {
    const plain = withHooks(new FakeBackend(), { afterConnect: () => undefined });
    expect(plain.validate).toBeUndefined();
    expect(plain.reset).toBeUndefined();
    expect(plain.status).toBeUndefined();
  });
});

describe("who writes hooks and credentials", () => {
  class Counter {
    lent = 0;
    beforeLend(): void {
      this.lent++;
    }
  }

  it("may write hooks as a class", async () => {
    const hooks = new Counter();
    const pool = createPool(withHooks(new FakeBackend(), hooks), { acquireTimeout: 200 });
    await pool.use(() => undefined);
    expect(hooks.lent).toBe(1);
    await pool.close();
  });

  it("is told of a hook that there is not", () => {
    const misspelt = { beforeLent: () => undefined } as PoolHooks<FakeResource>;
    expect(() => withHooks(new FakeBackend(), misspelt)).toThrow(
      /unknown option "beforeLent"; did you mean beforeLend/,
    );
    expect(() => withHooks(new FakeBackend(), null as never)).toThrow(/hooks must be an object/);
  });

  it("is told the connect's own error when isRefused throws", async () => {
    const backend = new FakeBackend({ create: () => Promise.reject(new Error("no route")) });
    const isRefused = (): never => {
      throw new TypeError("of undefined");
    };
    const factory = withCredentials(() => backend, backend, { provide: () => "one", isRefused });
    const error = await poolErrorOf(createPool(factory, { clock: new ManualClock() }).warm(), "CONNECT_FAILED");
    expect(error.message).toContain("no route");
  });

  it("may give the time of credentials as text, and a template as a class", async () => {
    const backend = new FakeBackend();
    let fetched = 0;
    const provide = (): string => String(++fetched);
    const factory = withCredentials(() => backend, backend, { provide, isRefused: () => false, cacheFor: "30s" });
    const pool = createPool(factory, { maxSize: 4 });
    await pool.warm(4);
    expect(fetched).toBe(1);
    await pool.close();
    const wrong = { provide, isRefused: () => false, cacheFor: "soon" };
    expect(() => withCredentials(() => backend, backend, wrong)).toThrow(/cacheFor must be a duration/);
  });

  it("does not lose shared credentials to a connect that is given up", async () => {
    const backend = new FakeBackend();
    const asked = Promise.withResolvers<string>();
    const factory = withCredentials(() => backend, backend, {
      provide: () => asked.promise,
      isRefused: () => false,
      cacheFor: 1_000,
    });
    const [first, second] = [new AbortController(), new AbortController()];
    const given = watch(factory.create({ signal: first.signal, lost: () => undefined }) as Promise<FakeResource>);
    const kept = watch(factory.create({ signal: second.signal, lost: () => undefined }) as Promise<FakeResource>);
    first.abort(new Error("gave up"));
    asked.resolve("secret");
    await settle();
    expect([given.state, kept.state]).toEqual(["rejected", "resolved"]);
  });
});
