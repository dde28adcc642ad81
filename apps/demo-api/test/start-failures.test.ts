import { expect, test, vi } from "vitest";
import { ServiceProcess } from "./support/child.js";
import { temporaryFolder } from "./support/folder.js";

// Each test starts a process, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

test.each([
  ["a variable that is wrong", { PORT: "http" }, /could not start: .*PORT must be/],
  ["a folder that cannot be made", { DATA_DIR: "/dev/null/data" }, /could not start: .*\/dev\/null/],
  ["a file that cannot be", { DATABASE_URL: "file:/dev/null/orders.sqlite" }, /could not start: .*\/dev\/null/],
  [
    "a server that is not there",
    { DATABASE_URL: "postgres://app:hunter2@127.0.0.1:1/shop" },
    /could not start: .*127\.0\.0\.1:1/,
  ],
  [
    "another database",
    { DATABASE_URL: "mysql://app:hunter2@127.0.0.1/shop" },
    /could not start: .*DATABASE_URL must be/,
  ],
  ["an address that is not its own", { HOST: "192.0.2.1" }, /could not start: .*192\.0\.2\.1/],
])("says why it does not start with %s, and ends with 1", async (_what, env, reason) => {
  const service = new ServiceProcess({ env: { DATA_DIR: await temporaryFolder() } }, env);
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(service.stderr).toMatch(reason);
  expect(service.stderr).not.toContain("hunter2");
});
