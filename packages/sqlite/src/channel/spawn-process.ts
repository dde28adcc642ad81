import { fork, type ChildProcess } from "node:child_process";
import { sqliteError, type Place } from "../errors.js";
import { entryFile } from "./entry-file.js";
import { Link } from "./link.js";
import { type FromHelper, type OpenSpec } from "../helper/protocol.js";
import { unpack } from "../helper/rows.js";

export interface Started {
  readonly link: Link;
  readonly journalMode: string;
  readonly ended: Promise<void>;
}

// All that a helper may need: where temporary files go, and where the system's libraries are. Nothing else of the program's environment.
const PASSED_ON = [
  "TMPDIR",
  "TEMP",
  "TMP",
  "SQLITE_TMPDIR",
  "LD_LIBRARY_PATH",
  "DYLD_LIBRARY_PATH",
  "SYSTEMROOT",
  "TZ",
];

/** Starts a process with a connection in it. On abort nothing is left of it. */
export function spawnProcess(place: Place, spec: OpenSpec, signal: AbortSignal): Promise<Started> {
  signal.throwIfAborted();
  const child = fork(entryFile("sqlite.child"), [], {
    env: environment(),
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const link = new Link(place, portOf(child));
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, killedBy) => {
      const how = killedBy === null ? `ended with code ${String(code)}` : `was killed by ${killedBy}`;
      link.end(undefined, `the process ${String(child.pid)} of this connection ${how}`);
      resolve();
    });
    child.once("error", (error) => {
      link.end(error, "a process for this connection could not be started or reached");
      resolve();
    });
  });
  return new Promise<Started>((resolve, reject) => {
    const abort = (): void => {
      child.kill("SIGKILL");
      reject(signal.reason as Error);
    };
    const settle = (outcome: () => void): void => {
      signal.removeEventListener("abort", abort);
      link.onLost = undefined;
      outcome();
    };
    link.onLost = (error) => settle(() => reject(error));
    signal.addEventListener("abort", abort, { once: true });
    child.on("message", (message: FromHelper) => {
      if (message.type === "failed") settle(() => reject(sqliteError(place, message.error)));
      if (message.type !== "ready") return link.receive(unpack(message));
      rest(child);
      settle(() => resolve({ link, journalMode: message.journalMode, ended }));
    });
    child.send({ type: "open", spec });
  });
}

function portOf(child: ChildProcess): ConstructorParameters<typeof Link>[1] {
  return {
    // A channel that is gone is reported by "exit".
    post: (message) => child.connected && child.send(message, () => {}),
    ref: (on) => (on ? keepAlive(child) : rest(child)),
    kill: () => child.kill("SIGKILL"),
  };
}

/** Both, since the end of a process is told by the process and its replies come by the channel. */
function keepAlive(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function rest(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const name of PASSED_ON) if (process.env[name] !== undefined) env[name] = process.env[name];
  return env;
}
