import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "vitest";

const PROGRAM = join(import.meta.dirname, "children", "lives.ts");

/** Runs one of the lives to its end. A process that does not end by itself is killed, and fails the test. */
function live(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...process.execArgv, PROGRAM, name], { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new Error(`${name}: ${error.killed === true ? "did not end by itself" : stderr}`, { cause: error }));
    });
  });
}

describe.concurrent("a process", { timeout: 90_000 }, () => {
  it("ends by itself with idle resources that are kept alive", async ({ expect: expectHere }) => {
    expectHere(await live("idle")).toBe("idle 3");
  });

  it("ends by itself while a lease is out", async ({ expect: expectHere }) => {
    expectHere(await live("holding")).toBe("leased 1\nstill true");
  });

  it("ends by itself when nobody waits any more", async ({ expect: expectHere }) => {
    expectHere(await live("afterWaiting")).toBe("served");
  });

  it("lives as long as somebody waits", async ({ expect: expectHere }) => {
    expectHere(await live("waiting")).toBe("ACQUIRE_TIMEOUT after its time");
  });

  it("ends waits in their time, though the loop sleeps between them", async ({ expect: expectHere }) => {
    expectHere(await live("waitingInQuiet")).toBe("in time, in time");
  });

  it("ends by itself while only minIdle wants a backend that is down", async ({ expect: expectHere }) => {
    expectHere(await live("minIdleWhileDown")).toBe("open");
  });

  it("lives on while somebody waits for a backend that is down", async ({ expect: expectHere }) => {
    expectHere(await live("waitingWhileDown")).toBe("UNAVAILABLE");
  });

  it("ends by itself with connectors that are looked after", async ({ expect: expectHere }) => {
    expectHere(await live("supervised")).toBe("ready");
  });

  it("ends by itself while a connector waits for its backend to come back", async ({ expect: expectHere }) => {
    expectHere(await live("supervisedWhileDown")).toBe("looked after while down");
  });

  it("ends by itself after close", async ({ expect: expectHere }) => {
    expectHere(await live("closed")).toBe("closed");
  });
});
