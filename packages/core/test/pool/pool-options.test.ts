import { describe, expect, it } from "vitest";
import {
  createPool,
  describeOptions,
  PoolError,
  poolOptions,
  presets,
  readPoolOptions,
  type PoolOptions,
} from "../../src/index.js";
import { FakeBackend } from "../support/fake-backend.js";

describe("the defaults of a pool", () => {
  it("are the documented ones", () => {
    const { clock, random, ...rest } = readPoolOptions({}, "postgres");
    expect(typeof clock.now()).toBe("number");
    expect(random()).toBeLessThan(1);
    expect(rest).toEqual({
      name: "postgres",
      maxSize: 10,
      maxIdle: 10,
      minIdle: 0,
      maxWaiting: 500,
      maxConnecting: 2,
      acquireTimeout: 30_000,
      connectTimeout: 5_000,
      validateTimeout: 1_000,
      closeTimeout: 1_000,
      idleTimeout: 600_000,
      maxLifetime: 1_800_000,
      lifetimeJitter: 0.25,
      maxUses: Infinity,
      validateIfIdleFor: 1_000,
      keepAliveInterval: 120_000,
      drainTimeout: 3_000,
      reuse: "lifo",
      selfDeadlock: "error",
      leakAfter: 30_000,
      reclaimAfter: Infinity,
      stacks: "off",
    });
  });

  it("follow from others: maxIdle from maxSize, validateTimeout from acquireTimeout", () => {
    expect(readPoolOptions({ maxSize: 3 }, "x").maxIdle).toBe(3);
    expect(readPoolOptions({ acquireTimeout: 2_000 }, "x").validateTimeout).toBe(500);
    expect(readPoolOptions({ acquireTimeout: 0 }, "x").validateTimeout).toBe(1);
    expect(readPoolOptions({ acquireTimeout: "never" }, "x").validateTimeout).toBe(1_000);
    expect(readPoolOptions({ acquireTimeout: 2_000, validateTimeout: 900 }, "x").validateTimeout).toBe(900);
  });

  it("are the documented ones of the presets", () => {
    expect(readPoolOptions(presets.web, "x")).toMatchObject({ maxSize: 20, maxIdle: 10, minIdle: 2 });
    expect(readPoolOptions(presets.worker, "x")).toMatchObject({
      maxSize: 10,
      maxIdle: 5,
      acquireTimeout: 60_000,
      maxLifetime: 3_600_000,
    });
    expect(readPoolOptions(presets.task, "x")).toMatchObject({ maxSize: 10, maxIdle: 5 });
  });
});

describe("options of a pool", () => {
  it("take durations as text", () => {
    const options = readPoolOptions({ acquireTimeout: "1.5s", idleTimeout: "never", maxLifetime: "2h" }, "x");
    expect(options).toMatchObject({ acquireTimeout: 1_500, idleTimeout: Infinity, maxLifetime: 7_200_000 });
  });

  const bad: readonly [PoolOptions | Record<string, unknown>, string][] = [
    [{ maxsize: 5 }, 'unknown option "maxsize"; did you mean maxSize?'],
    [{ max: 5 }, 'unknown option "max"; known are name, maxSize, '],
    [{ maxSize: 0 }, "maxSize must be a whole number from 1 to 1000000, got 0"],
    [{ maxSize: "10" }, 'maxSize must be a whole number from 1 to 1000000, got "10"'],
    [{ maxSize: 2.5 }, "maxSize must be a whole number from 1 to 1000000, got 2.5"],
    [{ maxSize: 5, maxIdle: 6 }, "maxIdle (6) must be at most maxSize (5)"],
    [{ minIdle: 6, maxIdle: 5 }, "minIdle (6) must be at most maxIdle (5)"],
    [{ maxWaiting: -1 }, "maxWaiting must be a whole number of at least 0, or Infinity, got -1"],
    [
      { acquireTimeout: -1 },
      'acquireTimeout must be a duration in ms or as text like "30s" of at least 0 ms, or "never", got -1',
    ],
    [
      { acquireTimeout: "30 sec" },
      'acquireTimeout must be a duration in ms or as text like "30s" of at least 0 ms, or "never", got "30 sec"',
    ],
    [{ acquireTimeout: NaN }, "got NaN"],
    [{ closeTimeout: "never" }, "closeTimeout must be a duration in ms or as text"],
    [{ idleTimeout: 999 }, 'idleTimeout must be a duration in ms or as text like "30s" of at least 1000 ms'],
    [{ lifetimeJitter: 1 }, "lifetimeJitter must be a number from 0 to 0.9, got 1"],
    [{ maxUses: 0 }, "maxUses must be a whole number of at least 1, or Infinity, got 0"],
    [{ reuse: "random" }, 'reuse must be one of "lifo", "fifo", got "random"'],
    [{ stacks: true }, 'stacks must be one of "off", "sampled", "all", got true'],
    [{ clock: {} }, "clock must be a Clock"],
    [{ random: 0.5 }, "random must be a function"],
    [{ name: "" }, "name must be a string that is not empty"],
  ];

  it.each(bad)("%o are refused with the reason", (options, message) => {
    const make = (): unknown => createPool(new FakeBackend(), options as PoolOptions);
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTIONS" }));
    expect(make).toThrow(message);
  });

  it.each([null, 5, "postgres://x", [], true])("%o in their place is refused", (options) => {
    const make = (): unknown => createPool(new FakeBackend(), options as never);
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTIONS" }));
    expect(make).toThrow('pool "fake": options must be an object, got');
  });

  it("are all checked before the first complaint", () => {
    let error: unknown;
    try {
      createPool(new FakeBackend(), { maxSize: 0, reuse: "x", keepAlive: 5 } as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(PoolError);
    expect((error as PoolError).details.problems).toHaveLength(3);
  });

  it("can be described, each with what it takes and its default", () => {
    const table = describeOptions<PoolOptions>(poolOptions);
    expect(table).toContain("| `maxSize` | a whole number from 1 to 1000000 | `10` |");
    expect(table).toContain(
      '| `reclaimAfter` | a duration in ms or as text like "30s" of at least 1000 ms, or "never" | `"never"` |',
    );
    expect(table.split("\n")).toHaveLength(Object.keys(poolOptions).length + 2);
  });
});
