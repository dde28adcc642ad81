import { describe, expect, it } from "vitest";
import { hang } from "../support/fake-backend.js";
import { hold, settle, testPool, watch } from "../support/pool.js";

const failing = { create: (): Promise<never> => Promise.reject(new Error("refused")) };
const hanging = { create: hang };

describe("no timer of a pool keeps the process", () => {
  it("once what was opened for a caller has come back", async () => {
    const { pool, clock } = testPool();
    const lease = await pool.acquire();
    expect(clock.holding).toBe(0);
    lease.release();
    expect(clock.holding).toBe(0);
    expect(clock.pending).toBeGreaterThan(0);
  });

  it("once a warm-up has ended", async () => {
    const { pool, clock } = testPool();
    await pool.warm(2);
    expect(clock.holding).toBe(0);
  });

  it.each([
    ["fail", failing],
    ["hang", hanging],
  ])("once the last of those who waited has given up, while connects %s", async (_, behaviour) => {
    const { pool, clock } = testPool({ maxSize: 2, connectTimeout: "never" }, behaviour);
    const controller = new AbortController();
    const waits = [watch(pool.acquire({ signal: controller.signal })), watch(pool.acquire({ timeout: 100 }))];
    const warm = watch(pool.warm(1, { signal: controller.signal }));
    await settle();
    controller.abort(new Error("gone"));
    await settle();
    expect([waits[0]?.state, warm.state]).toEqual(["rejected", "rejected"]);
    expect(clock.holding).toBeGreaterThan(0);
    await clock.advance(150);
    expect(waits[1]?.state).toBe("rejected");
    expect(clock.holding).toBe(0);
  });
});

it("a pool that somebody waits for keeps the process again", async () => {
  const { pool, clock } = testPool({ acquireTimeout: "never" }, failing);
  const controller = new AbortController();
  const first = watch(pool.acquire({ signal: controller.signal }));
  await settle();
  controller.abort(new Error("gone"));
  await settle();
  expect([first.state, clock.holding]).toEqual(["rejected", 0]);
  const second = watch(pool.acquire());
  await settle();
  expect([second.state, clock.holding]).toEqual(["pending", 1]);
  await clock.advance(1_000);
  expect(second.error).toMatchObject({ code: "UNAVAILABLE" });
  expect(clock.holding).toBe(0);
});

it("a lease that is out keeps nothing", async () => {
  const { pool, clock } = testPool({ maxSize: 1 });
  await hold(pool);
  await clock.advance(5_000);
  expect(clock.holding).toBe(0);
});
