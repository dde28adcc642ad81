import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Home } from "./home.js";
import { descendants, signalAll, untilGone, untilStopped } from "./processes.js";
import { watchOver, type Watchdog } from "./watchdog.js";

export interface ServerSpec {
  /** How errors call it: "PostgreSQL". */
  readonly name: string;
  readonly program: string;
  /** Asked at every start. */
  args(): readonly string[];
  readonly home: Home;
  /** Ends it orderly and fast. */
  readonly stopSignal: NodeJS.Signals;
  /** Ends it at once, with all of its children. */
  readonly endSignal: "SIGQUIT" | "SIGKILL";
  /** Asked again and again until it says that clients are served; a rejection means not yet. */
  isReady(pid: number): Promise<boolean>;
  /** Removes what it leaves behind outside its directory when it is killed. */
  cleanUp?(): Promise<void>;
}

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
    for (const deadline = performance.now() + START_PATIENCE; ; await sleep(10)) {
      if (this.pid !== pid) throw new Error(`${name} ended while it started; the end of its log:\n${this.#logEnd()}`);
      if (await isReady(pid).catch(() => false)) return;
      if (performance.now() < deadline) continue;
      await this.kill();
      throw new Error(`${name} was not ready within ${START_PATIENCE} ms; the end of its log:\n${this.#logEnd()}`);
    }
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
    const { name, program, args, home } = this.#spec;
    const log = openSync(this.#logFile, "a", 0o600);
    // A session of its own: an interrupt at the terminal is for the tests, who then end it.
    const child = spawn(program, args(), {
      ...home.user,
      cwd: home.directory,
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: process.env["PATH"], HOME: home.directory, LC_ALL: "C", TZ: "UTC" },
    });
    closeSync(log);
    const failed = new Promise<never>((_resolve, reject) => child.once("error", reject));
    const spawned = new Promise<void>((resolve) => child.once("spawn", resolve));
    await Promise.race([spawned, failed]).catch((cause: unknown) => {
      throw new Error(`${name}: cannot run ${program}`, { cause });
    });
    child.unref();
    child.once("exit", () => {
      this.#child = undefined;
      this.#frozen = [];
      this.#watchdog.guard();
    });
    this.#child = child;
    const pid = child.pid as number; // it was spawned
    this.#watchdog.guard(pid);
    return pid;
  }

  #logEnd(): string {
    return this.log().trimEnd().split("\n").slice(-15).join("\n");
  }
}
