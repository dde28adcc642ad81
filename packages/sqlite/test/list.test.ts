import { expect, test } from "vitest";
import { type SqliteHandle } from "../src/handle/handle.js";
import { Job } from "../src/lane/job.js";
import { List } from "../src/lane/list.js";
import { Plan } from "../src/read/plan.js";

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("leaves no timer behind when a busy thread has begun nothing and all is taken back", async () => {
  // A thread that does not get to its list cannot be had on demand, so this one only says what such a thread says.
  const control = { start: () => 1, takeBack: () => 0 };
  const link = { askMany: () => 1, forgetFrom: () => {} };
  const handle = { control, link } as unknown as SqliteHandle;
  const plan = new Plan("select 1", "read");
  const job = new Job(
    {
      plan,
      values: undefined,
      label: undefined,
      timeout: 30_000,
      ownTimeout: false,
      signal: undefined,
      batch: undefined,
    },
    0,
    () => undefined,
  );
  const before = timers();

  const back: Job[] = [];
  await new List(handle, [job], { writes: false, timeout: 30_000, onSlow: (jobs) => back.push(...jobs) }).run();
  expect(back).toEqual([job]);
  expect(timers()).toBe(before);
});
