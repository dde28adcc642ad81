import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withProcess } from "../src/channel/with-process.js";
import { temporaryFolder } from "./support.js";

test("ends a process that hears nothing any more when its work is done", async () => {
  const file = join(temporaryFolder(), "a.db");
  const limits = { pragmas: [], bigint: false, busyTimeout: 1_000, statementCache: 10 };
  const spec = { file, role: "writer" as const, create: true, readonly: false, ...limits };
  let helper = 0;
  await withProcess({ name: "test", file }, spec, new AbortController().signal, async () => {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
    helper = Number(children.trim().split(" ").at(-1));
    process.kill(helper, "SIGSTOP");
  });
  expect(helper).toBeGreaterThan(0);
  expect(() => process.kill(helper, 0)).toThrow("ESRCH");
});
