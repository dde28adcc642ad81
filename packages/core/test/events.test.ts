import { expect, test } from "vitest";
import { createPool, trace, traced, type TracedEvents } from "../src/index.js";

const nothing = (): void => undefined;

/** The events of a tracing channel while `work` runs. */
async function eventsOf(name: keyof TracedEvents, work: () => Promise<unknown>): Promise<object[]> {
  const seen: object[] = [];
  const listeners = {
    start: nothing,
    end: nothing,
    asyncStart: nothing,
    error: nothing,
    asyncEnd: (event: object) => void seen.push(event),
  };
  const channel = traced(name);
  channel.subscribe(listeners);
  await work().catch(nothing);
  channel.unsubscribe(listeners);
  return seen;
}

const pool = () =>
  createPool({ kind: "number", create: () => Promise.resolve(1), close: nothing }, { name: "numbers" });

test("a traced event holds no rows, which are the caller's alone", async () => {
  const numbers = pool();
  const [event] = await eventsOf("pool:query", () =>
    numbers.use((_, lease) => lease.track("select", () => Promise.resolve({ rows: ["secret"], rowCount: 1 }))),
  );
  expect(event).toMatchObject({ pool: "numbers", statement: "select", rowCount: 1 });
  expect(JSON.stringify(event)).not.toContain("secret");
  await numbers.close();
});

test("a traced acquire holds no lease, which a listener would keep from being found dropped", async () => {
  const numbers = pool();
  const [event] = await eventsOf("pool:acquire", async () => (await numbers.acquire()).release());
  expect(event).toMatchObject({ pool: "numbers", leaseId: 1 });
  expect(Object.values(event ?? {}).filter((value) => typeof value === "object" && value !== null)).toEqual([]);
  await numbers.close();
});

test("traced work resolves and rejects as it would untraced", async () => {
  const event = { connector: "a", kind: "b" };
  expect(await trace(traced("connector:connect"), event, () => 7)).toBe(7);
  const fails = () => trace(traced("connector:connect"), event, () => Promise.reject(new Error("no")));
  await expect(fails()).rejects.toThrow("no");
  expect(await eventsOf("connector:connect", fails)).toMatchObject([{ error: { message: "no" } }]);
});
