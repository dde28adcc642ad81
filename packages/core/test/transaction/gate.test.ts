import { expect, test } from "vitest";
import { unlessAborted } from "../../src/aborts.js";
import { Gate } from "../../src/transaction/gate.js";

test("a gate that is free lets a task through in the same tick, also after others have left", async () => {
  const gate = new Gate();
  await gate.enter(() => Promise.resolve());
  let entered = false;
  const passing = gate.enter(async () => {
    entered = true;
  });
  expect(entered).toBe(true);
  await passing;
});

test("a gate lets the next one through when a task throws", async () => {
  const gate = new Gate();
  const failing = gate.enter(() => Promise.reject(new Error("no")));
  const next = gate.enter(() => Promise.resolve("through"));
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("through");
});

test("work is not started for a signal that has aborted", async () => {
  await expect(unlessAborted(AbortSignal.abort("no"), () => expect.unreachable())).rejects.toBe("no");
});
