import { expect, expectTypeOf, test } from "vitest";
import { onEvent } from "../src/on-event.js";
import { createPool } from "../src/pool/index.js";

const factory = { kind: "number", create: async () => 1, close: () => undefined };

test("tells of moments and of the end of what takes time, until it is disposed", async () => {
  const seen: string[] = [];
  await using pool = createPool(factory, { name: "listened" });
  {
    using _release = onEvent("pool:release", ({ pool: name }) => seen.push(`release ${name}`));
    using _end = onEvent("pool:acquire", ({ leaseId }) => seen.push(`acquired ${String(leaseId)}`));
    using _start = onEvent("pool:acquire:start", ({ leaseId }) => seen.push(`asked ${String(leaseId)}`));
    await pool.use((n) => n);
  }
  await pool.use((n) => n);
  expect(seen).toEqual(["asked undefined", "acquired 1", "release listened"]);
});

test("of one listener twice, each is disposed once, and it is told the event alone", async () => {
  const seen: unknown[][] = [];
  const listener = (...told: unknown[]): void => void seen.push(told);
  await using pool = createPool(factory);
  const one = onEvent("pool:release", listener);
  using _other = onEvent("pool:release", listener);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  await pool.use((n) => n);
  expect(seen).toMatchObject([[{ leaseId: 1 }]]);
  expect(seen[0]).toHaveLength(1);
});

test("tells why what takes time has failed", async () => {
  const failures: unknown[] = [];
  await using pool = createPool({ ...factory, create: () => Promise.reject(new Error("no")) });
  using _ = onEvent("pool:create", ({ error }) => failures.push(error));
  await expect(pool.warm()).rejects.toThrow("no");
  expect(failures).toMatchObject([{ message: "no" }]);
});

test.each(["pool:leek", "pool:leak:start", "pool:query:begin", "toString", 5, undefined])(
  "refuses %j for a name",
  (name) => {
    expect(() => onEvent(name as never, () => undefined)).toThrow("onEvent: name must be one of pool:lease");
  },
);

test("types: the event of each name", () => {
  using _one = onEvent("pool:leak", (event) => expectTypeOf(event.holder.heldMs).toEqualTypeOf<number>());
  using _two = onEvent("pool:query:start", (event) => expectTypeOf(event.statement).toEqualTypeOf<string>());
  // @ts-expect-error no such event
  expect(() => onEvent("pool:leek", () => undefined)).toThrow("onEvent: name");
  expect(() => onEvent("pool:leak", 5 as never)).toThrow("onEvent: listener");
});
