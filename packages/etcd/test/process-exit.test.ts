import { execFile } from "node:child_process";
import { join } from "node:path";
import { startEtcd } from "@pool/testing";
import { afterAll, expect, test } from "vitest";

const server = await startEtcd();
afterAll(() => server[Symbol.asyncDispose]());

const PROGRAM = join(import.meta.dirname, "children", "lives.ts");

/** Runs one of the lives, and says how it ended: by itself, or killed after `ms`. */
function live(name: string, ms: number): Promise<{ readonly isKilled: boolean; readonly stdout: string }> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...process.execArgv, PROGRAM, server.url, name],
      { timeout: ms },
      (error, stdout, stderr) => {
        if (error !== null && error.killed !== true) reject(new Error(stderr, { cause: error }));
        else resolve({ isKilled: error !== null, stdout });
      },
    );
  });
}

test(
  "a process ends by itself with a connector that is idle, also while it has a lease",
  { timeout: 60_000 },
  async () => {
    expect(await live("idle", 20_000)).toEqual({ isKilled: false, stdout: "got 1\n" });
  },
);

test("a process lives as long as it watches", { timeout: 60_000 }, async () => {
  expect(await live("watching", 6_000)).toEqual({ isKilled: true, stdout: "got 1\n" });
});
