import { describe, expect, it, vi } from "vitest";
import { createPool } from "../../src/pool/create-pool.js";
import { withCredentials } from "../../src/pool/credentials.js";
import type { PoolOptions } from "../../src/pool/options.js";
import type { Duration } from "../../src/time.js";
import { FakeBackend, gate, hang } from "../support/fake-backend.js";
import { ManualClock } from "../support/manual-clock.js";
import { poolErrorOf, settle, watch } from "../support/pool.js";

describe("withCredentials", () => {
  const refused = new Error("password authentication failed");

  function rotating(valid: () => string, options: { cacheFor?: number } = {}) {
    const provide = vi.fn(async ({ refresh }: { refresh: boolean }) => (refresh ? valid() : stale()));
    let stale = valid;
    const used: string[] = [];
    const factory = withCredentials<object, string>(
      (password) => ({
        kind: "vault",
        create: async () => {
          used.push(password);
          if (password !== valid()) throw refused;
          return {};
        },
        close: () => undefined,
      }),
      { kind: "vault", close: () => undefined },
      { provide, isRefused: (error) => error === refused, ...options },
    );
    const pool = createPool(factory, { maxSize: 3, clock: new ManualClock() });
    return { pool, provide, used, leaveStale: (old: string) => (stale = () => old) };
  }

  it("fetches credentials for each connect", async () => {
    let password = "one";
    const { pool, used } = rotating(() => password);
    const first = await pool.acquire();
    password = "two";
    const second = await pool.acquire();
    expect(used).toEqual(["one", "two"]);
    first.release();
    second.release();
  });

  it("fetches anew, once, when they are refused, before the connect fails", async () => {
    const { pool, used, provide, leaveStale } = rotating(() => "new");
    leaveStale("old");
    const lease = await pool.acquire();
    expect(used).toEqual(["old", "new"]);
    expect(provide.mock.calls.map(([context]) => context.refresh)).toEqual([false, true]);
    expect(pool.stats.totals.createFailed).toBe(0);
    lease.release();
  });

  it("uses fetched ones again for cacheFor ms, and one fetch for connects at the same time", async () => {
    const { pool, provide } = rotating(() => "one", { cacheFor: 60_000 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    expect(provide).toHaveBeenCalledOnce();
    for (const lease of leases) lease.release();
  });

  it("does not keep a failed fetch", async () => {
    let fails = true;
    const factory = withCredentials<object, string>(
      () => ({ kind: "vault", create: async () => ({}), close: () => undefined }),
      { kind: "vault", close: () => undefined },
      {
        provide: () => {
          if (fails) throw new Error("vault is sealed");
          return "one";
        },
        isRefused: () => false,
        cacheFor: 60_000,
      },
    );
    const clock = new ManualClock();
    const pool = createPool(factory, { clock });
    const error = await poolErrorOf(pool.warm(), "CONNECT_FAILED");
    expect(error.message).toContain("vault is sealed");
    fails = false;
    const again = watch(pool.warm());
    await clock.advance(500);
    expect(again.state).toBe("resolved");
  });

  it("hands on an error that is no refusal", async () => {
    const factory = withCredentials<object, string>(
      () => ({ kind: "vault", create: () => Promise.reject(new Error("no route")), close: () => undefined }),
      { kind: "vault", close: () => undefined },
      { provide: () => "one", isRefused: (error) => error === refused },
    );
    const error = await poolErrorOf(createPool(factory, { clock: new ManualClock() }).warm(), "CONNECT_FAILED");
    expect(error.message).toContain("no route");
  });
});

describe("a provider of credentials that hangs", () => {
  type Provide = (call: number, signal: AbortSignal) => string | Promise<string>;

  function slow(provide: Provide, pool: PoolOptions = {}, cacheFor: Duration = "1h") {
    const clock = new ManualClock();
    const backend = new FakeBackend();
    const used: string[] = [];
    const signals: AbortSignal[] = [];
    const make = (password: string) => {
      used.push(password);
      return backend;
    };
    const factory = withCredentials(make, backend, {
      provide: ({ signal }) => provide(signals.push(signal), signal),
      isRefused: () => false,
      cacheFor,
      clock,
    });
    const options = { clock, random: () => 0, connectTimeout: 300, closeTimeout: 50, acquireTimeout: 10_000, ...pool };
    return { clock, backend, factory, used, signals, pool: createPool(factory, options) };
  }

  it("is asked anew by connects that come 2 s later", async () => {
    const { pool, clock, used, signals } = slow((call) => (call === 1 ? hang() : `password ${String(call)}`));
    watch(pool.warm());
    await clock.advance(1_900);
    expect(signals).toHaveLength(1);
    await clock.advance(100);
    const wait = watch(pool.warm());
    await clock.advance(1_000);
    expect(wait.state).toBe("resolved");
    expect(used[0]).toBe("password 2");
  });

  it("and answers in the end has answered for those to come", async () => {
    const answer = gate<string>();
    const { factory, clock, used, signals } = slow((call) => (call === 1 ? answer.promise : hang()));
    const connect = () => watch(Promise.resolve(factory.create({ signal, lost: () => undefined })));
    const { signal } = new AbortController();
    const first = connect();
    await clock.advance(2_500);
    const second = connect();
    answer.resolve("late");
    await settle();
    const third = connect();
    await settle();
    expect([first, second, third].map(({ state }) => state)).toEqual(["resolved", "pending", "resolved"]);
    expect(used).toEqual(["late", "late"]);
    expect(signals).toHaveLength(2);
  });

  it("is given up after 30 s", async () => {
    const { pool, clock, signals } = slow(hang, { connectTimeout: "never", acquireTimeout: "never" });
    const warmed = watch(pool.warm());
    await clock.advance(29_999);
    expect(warmed.state).toBe("pending");
    await clock.advance(1);
    expect(warmed.error).toMatchObject({ code: "CONNECT_TIMEOUT", message: /credentials took longer than 30000 ms/ });
    expect(signals[0]?.aborted).toBe(true);
  });

  it("and answers after its connect was given up opens nothing", async () => {
    const answer = gate<string>();
    const { pool, clock, backend } = slow(() => answer.promise, {}, 0);
    const warmed = watch(pool.warm());
    await clock.advance(300);
    await pool.close();
    answer.resolve("late");
    await settle();
    expect(warmed.state).toBe("rejected");
    expect(backend.connects).toBe(0);
  });
});
