import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Home } from "./home.js";

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

/** Starts the process, which then keeps neither ours nor the terminal's company: we may end while it runs. */
export async function spawnServer(spec: ServerSpec, logFile: string): Promise<ChildProcess> {
  const { name, program, home } = spec;
  const log = openSync(logFile, "a", 0o600);
  // A session of its own: an interrupt at the terminal is for the tests, who then end it.
  const child = spawn(program, spec.args(), {
    ...home.user,
    cwd: home.directory,
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: process.env.PATH, HOME: home.directory, LC_ALL: "C", TZ: "UTC" },
  });
  closeSync(log);
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => reject(new Error(`${name}: cannot run ${program}`, { cause })));
  });
  child.unref();
  return child;
}
