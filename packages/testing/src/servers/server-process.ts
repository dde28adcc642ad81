import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { descendants, signalAll, untilGone, untilStopped } from "./processes.js";
import { spawnServer, type ServerSpec } from "./spawn-server.js";
import { watchOver, type Watchdog } from "./watchdog.js";

const START_PATIENCE = 30_000;
const STOP_PATIENCE = 15_000;

/** The process of a server, which can come and go several times in the life of one test. */
export class ServerProcess {
  readonly #spec: ServerSpec;
  readonly #watchdog: Watchdog;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #frozen: readonly number[] = [];

  constructor(spec: ServerSpec) {
    this.#spec = spec;
    this.#logFile = join(spec.home.directory, "log");
    this.#watchdog = watchOver(spec.home.directory, spec.endSignal);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, "utf8") : "";
  }

  async start(): Promise<void> {
    if (this.#child) return;
    const { name, isReady } = this.#spec;
    const pid = await this.#spawn();
    const deadline = performance.now() + START_PATIENCE;
    for (;;) {
      if (this.pid !== pid) throw new Error(`${name} ended while it started; the end of its log:\n${this.#logEnd()}`);
      if (await isReady(pid).catch(() => false)) return;
      if (performance.now() > deadline) break;
      await sleep(10);
    }
    await this.kill();
    throw new Error(`${name} was not ready within ${START_PATIENCE} ms; the end of its log:\n${this.#logEnd()}`);
  }

  async stop(): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) return;
    await this.thaw();
    const all = [pid, ...(await descendants(pid))];
    signalAll([pid], this.#spec.stopSignal);
    const deadline = performance.now() + STOP_PATIENCE;
    while (this.pid === pid && performance.now() < deadline) await sleep(5);
    if (this.pid === pid) {
      await this.kill();
      throw new Error(`${this.#spec.name} did not stop within ${STOP_PATIENCE} ms and was killed`);
    }
    await untilGone(all);
  }

  async kill(): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) return;
    // Standing still, it can neither start another child nor tell the others to end.
    signalAll([pid], "SIGSTOP");
    await untilStopped([pid]);
    const all = [...(await descendants(pid)), pid];
    signalAll(all, "SIGKILL");
    await untilGone(all);
    while (this.pid === pid) await sleep(1); // gone, but our process has yet to hear of it
  }

  async freeze(): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) throw new Error(`${this.#spec.name} does not run: nothing to freeze`);
    signalAll([pid], "SIGSTOP");
    await untilStopped([pid]);
    this.#frozen = [pid, ...(await descendants(pid))];
    this.#watchdog.guard(...this.#frozen);
    signalAll(this.#frozen, "SIGSTOP");
    await untilStopped(this.#frozen);
  }

  async thaw(): Promise<void> {
    signalAll(this.#frozen.toReversed(), "SIGCONT");
    this.#frozen = [];
    if (this.pid !== undefined) this.#watchdog.guard(this.pid);
  }

  /** Ends it at once, if it runs, and removes its directory. */
  async end(): Promise<void> {
    try {
      await this.kill();
      await this.#spec.cleanUp?.();
      await rm(this.#spec.home.directory, { recursive: true, force: true, maxRetries: 5 });
    } finally {
      this.#watchdog.dismiss();
    }
  }

  async #spawn(): Promise<number> {
    const child = await spawnServer(this.#spec, this.#logFile);
    const { pid } = child;
    if (pid === undefined) throw new Error(`${this.#spec.name}: it was started, but has no process`);
    this.#child = child;
    child.once("exit", () => {
      this.#child = undefined;
      this.#frozen = [];
      this.#watchdog.guard();
    });
    this.#watchdog.guard(pid);
    return pid;
  }

  #logEnd(): string {
    return this.log().trimEnd().split("\n").slice(-15).join("\n");
  }
}
