import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type TestDatabase } from "./databases.js";
import { SMALL } from "./service.js";

const app = fileURLToPath(new URL("../..", import.meta.url));

/** The service as a process of its own, started from source the way that its start script does. */
export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stderr = "";
  stdout = "";

  constructor(database: Pick<TestDatabase, "env">, env: Record<string, string> = {}) {
    // What a service is started with in a test: the rest is none of its business.
    const { PATH = "", NODE_COMPILE_CACHE = "", POOL_BUILT_HELPERS = "" } = process.env;
    // The options of this process are what lets Node run the sources.
    this.#child = spawn(process.execPath, [...process.execArgv, "src/main.ts"], {
      cwd: app,
      env: { PATH, NODE_COMPILE_CACHE, POOL_BUILT_HELPERS, PORT: "0", ...SMALL, ...database.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, which a test can signal as a terminal does.
      detached: true,
    });
    this.#child.stdout?.on("data", (text: Buffer) => (this.stdout += text.toString()));
    this.#child.stderr?.on("data", (text: Buffer) => (this.stderr += text.toString()));
    this.exited = once(this.#child, "close").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    onTestFinished(async () => {
      this.#child.kill("SIGKILL");
      await this.exited;
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** To the process and its helpers. */
  killGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
  }

  /** Waits for a line on standard error. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stderr);
      if (match !== null) return match;
      const ended = await Promise.race([this.exited, setTimeout(10)]);
      if (ended !== undefined && !pattern.test(this.stderr))
        throw new Error(`ended before it said ${pattern}: ${this.stderr}${this.stdout}`);
    }
  }

  async address(): Promise<string> {
    const [, address = ""] = await this.says(/listens at (\S+)/);
    return address;
  }
}
