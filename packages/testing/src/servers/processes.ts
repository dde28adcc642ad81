import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** "R", "S", "T" when stopped, "Z" when dead and not yet reaped. */
  readonly state: string;
}

/** The processes below this one, children of children included. */
export async function descendants(pid: number): Promise<number[]> {
  const all = await processes();
  const found = [pid];
  for (const above of found) found.push(...all.filter(({ parent }) => parent === above).map((one) => one.pid));
  return found.slice(1);
}

/** Sends a signal to each that is still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Waits until none of them runs any more. */
export function untilGone(pids: readonly number[]): Promise<void> {
  return untilAll(pids, "gone", (state) => state === undefined || state === "Z");
}

/** Waits until each of them is stopped, or gone. */
export function untilStopped(pids: readonly number[]): Promise<void> {
  return untilAll(pids, "stopped", (state) => state === undefined || /^[TZ]/.test(state));
}

const PATIENCE = 5_000;

async function untilAll(pids: readonly number[], what: string, fits: (state?: string) => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const states = new Map((await processes()).map(({ pid, state }) => [pid, state]));
    const others = pids.filter((pid) => !fits(states.get(pid)));
    if (others.length === 0) return;
    if (performance.now() > deadline) throw new Error(`not ${what} after ${PATIENCE} ms: process ${others.join(", ")}`);
    await sleep(5);
  }
}

async function processes(): Promise<Process[]> {
  if (existsSync("/proc/self/stat"))
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap(fromProc);
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,state="]);
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/);
    return state ? [{ pid: Number(pid), parent: Number(parent), state: state.charAt(0) }] : [];
  });
}

function fromProc(name: string): Process[] {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, "latin1");
    // The name of the program stands in brackets and may hold anything.
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return [{ pid: Number(name), parent: Number(parent), state }];
  } catch {
    return []; // it ended in between
  }
}
