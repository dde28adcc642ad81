import { expect, test } from "vitest";
import { BoundedMap } from "../src/helper/lru.js";
import { packRows, unpack } from "../src/helper/rows.js";
import { mannerOf } from "../src/helper/rules.js";
import { firstWord } from "../src/helper/text.js";
import { Job } from "../src/lane/job.js";
import { Queue } from "../src/lane/queue.js";
import { Plan } from "../src/read/plan.js";

test.each([
  ["select 1", "select"],
  ["  \n\tSELECT 1", "select"],
  ["-- a comment\n-- another\nInsert into t", "insert"],
  ["/* a */ /* b */update t", "update"],
  ["; ;begin", "begin"],
  ["/* unclosed", ""],
  ["", ""],
  ["\ufeffselect 1", "select"],
])("finds the first word of %j", (text, word) => {
  expect(firstWord(text)).toBe(word);
});

test("tells what a statement does to its connection", () => {
  expect(mannerOf("/* x */ begin")).toMatchObject({ control: true, refusal: undefined });
  expect(mannerOf("create temp table t (a)")).toMatchObject({ dirties: false, changesSchema: true });
  expect(mannerOf("attach 'a.db' as a").refusal).toMatch(/another|other file/);
  expect(mannerOf("pragma foreign_keys = off")).toMatchObject({ dirties: true, refusal: undefined });
  expect(mannerOf("pragma main.foreign_keys(0)").refusalOutsideSession).toMatch(/pragmas/);
  expect(mannerOf("pragma foreign_keys").refusalOutsideSession).toBeUndefined();
  expect(mannerOf("pragma query_only = 0").refusal).toMatch(/pragmas/);
  expect(mannerOf("pragma `journal_mode` = delete").refusal).toMatch(/pragmas/);
  expect(mannerOf("pragma [locking_mode](exclusive)").refusal).toMatch(/pragmas/);
  expect(mannerOf("pragma main.table_info(t)").refusalOutsideSession).toBeUndefined();
  expect(mannerOf("explain pragma foreign_keys = off").refusal).toMatch(/EXPLAIN/);
  expect(mannerOf("explain query plan pragma main.query_only(1)").refusal).toMatch(/pragmas/);
  expect(mannerOf("explain pragma table_info(t)").refusal).toBeUndefined();
  expect(mannerOf("explain select 1").refusal).toBeUndefined();
});

test.each([
  "pragma 'foreign_keys' = off",
  "pragma 'main'.foreign_keys = off",
  "pragma main . 'foreign_keys'(0)",
  'pragma "main"."foreign_keys"=off',
  "pragma[main].[foreign_keys](off)",
  "pragma `main`.`foreign_keys` == off",
  "; ;PRAGMA/* a */FOREIGN_KEYS/* b */=/* c */off",
  "pragma -- a\n main -- b\n . -- c\n Foreign_Keys -- d\n ( off )",
  "\ufeffpragma\ufeff foreign_keys\t=\f1",
])("knows the PRAGMA in %j", (text) => {
  expect(mannerOf(text)).toMatchObject({ verb: "pragma", dirties: true, refusal: undefined });
  expect(mannerOf(text).refusalOutsideSession).toMatch(/^PRAGMA foreign_keys /);
});

test.each(["pragma foreign_keys\u00a0= off", "pragma 'foreign''keys' = off", "pragma naïve = 1", "pragma '' = 1"])(
  "refuses a PRAGMA that nobody knows: %j",
  (text) => {
    expect(mannerOf(text).refusal).toMatch(/pragmas/);
  },
);

test("keeps what is used, within its limit", () => {
  const forgotten: number[] = [];
  const map = new BoundedMap<number>(3, (value) => forgotten.push(value));
  for (const n of [1, 2, 3]) map.set(String(n), n);
  expect([map.get("1"), map.get("3")]).toEqual([1, 3]);
  map.set("4", 4);
  expect(forgotten).toEqual([2]);
  map.set("5", 5);
  expect(map.size).toBe(3);
  expect(map.get("2")).toBeUndefined();
  map.delete("5");
  expect(map.size).toBe(2);
  map.clear();
  expect(map.size).toBe(0);
  const none = new BoundedMap<number>(0);
  none.set("1", 1);
  expect(none.get("1")).toBeUndefined();
});

test("takes rows apart and puts them together again", () => {
  for (const count of [0, 1, 2, 3, 50]) {
    const rows = Array.from({ length: count }, (_, at) => ({ id: at, name: null, data: Buffer.from([at]), 2: "two" }));
    const replies = [
      { id: 1, ms: 1, rows: packRows(rows) },
      { id: 2, ms: 1, outcomes: [{ rows: packRows(rows) }, { changes: 1 }] },
    ];
    const message = { type: "replies", replies, inTransaction: false, dirty: false, schemaChanged: false } as const;
    const carried = unpack(structuredClone(message));
    expect(carried).toEqual({
      ...message,
      replies: [
        { ...replies[0], rows },
        { ...replies[1], outcomes: [{ rows }, { changes: 1 }] },
      ],
    });
    const [first] = (carried as typeof message).replies;
    expect((first?.rows as typeof rows).every(({ data }) => Buffer.isBuffer(data))).toBe(true);
  }
});

const job = (enqueuedAt: number): Job =>
  new Job(
    {
      plan: new Plan("select 1", "read"),
      values: undefined,
      label: undefined,
      timeout: 1,
      ownTimeout: false,
      signal: undefined,
      batch: undefined,
    },
    enqueuedAt,
    () => undefined,
  );

test("queues in order, drops what has settled, and puts back in front", () => {
  const queue = new Queue();
  const jobs = Array.from({ length: 3_000 }, (_, at) => job(at));
  for (const one of jobs) queue.push(one);
  for (const at of [0, 1]) {
    jobs[at]!.done.catch(() => undefined);
    jobs[at]!.fail(new Error("gone"));
  }
  expect(queue.oldest).toBe(2);
  const taken = queue.take(1_500);
  expect(taken.map(({ enqueuedAt }) => enqueuedAt)).toEqual(Array.from({ length: 1_500 }, (_, at) => at + 2));
  queue.putBack(taken.slice(1_490));
  expect(queue.takeOlder(1_500)).toHaveLength(9);
  expect(queue.oldest).toBe(1_501);
  expect(queue.length).toBe(3_000 - 1_501);
});

test.each([
  [0.008, 7],
  [0.1, 6],
  [0.4, 2],
  [1, 1],
])("of reads of %f ms in this thread one is timed for %i, after the first ones", (ms, standsFor) => {
  const plan = new Plan("select 1", "point", {} as NonNullable<Plan["statement"]>);
  const timed: number[] = [];
  const run = (count: number, each = ms): void => {
    for (let at = 0; at < count; at++) {
      if (plan.standsFor === 0) plan.wasNotTimed();
      else {
        timed.push(plan.standsFor);
        plan.wasQuickHere(each);
      }
    }
  };
  run(17);
  expect(timed).toEqual(Array<number>(17).fill(1));
  run(standsFor * 10);
  expect(timed.slice(17)).toEqual(Array<number>(10).fill(standsFor));
  plan.wasSlowHere(20);
  timed.length = 0;
  run(17);
  expect(timed).toEqual(Array<number>(17).fill(1));
});

test("moves a point read off this thread at its second slow run, and back when it is quick again", () => {
  const statement = {} as NonNullable<Plan["statement"]>;
  const plan = new Plan("select 1", "point", statement);
  plan.wasSlowHere(20);
  expect(plan.kind).toBe("point");
  for (let at = 0; at < 1_000; at++) plan.wasNotTimed();
  plan.wasSlowHere(20);
  expect(plan.kind).toBe("point");
  plan.wasSlowHere(20);
  expect(plan.kind).toBe("read");
  expect(plan.expected).toBe(20);
  for (let at = 0; at < 60; at++) plan.took(0.01);
  expect(plan.kind).toBe("point");
});
