import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { descendants } from "../../src/servers/processes.js";

test.each(["killed", "frozen", "ends"])("a server goes with the process that started it: %s", async (how) => {
  const program = new URL("../programs/leaves-a-server.ts", import.meta.url).pathname;
  const runner = spawn(process.execPath, [...process.execArgv, program, how], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(runner.stdout, "data")) as [Buffer];
  const { pid, directory } = JSON.parse(line.toString()) as { pid: number; directory: string };
  const all = [pid, ...(await descendants(pid))];
  if (how === "ends") expect(await once(runner, "exit")).toEqual([0, null]);
  else {
    expect(all.length).toBeGreaterThan(3);
    runner.kill("SIGKILL");
  }
  for (let left = 100; left > 0 && (all.some(runs) || existsSync(directory)); left--) await sleep(100);
  expect(all.filter(runs)).toEqual([]);
  expect(existsSync(directory)).toBe(false);
});

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
