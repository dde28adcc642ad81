import { Worker } from "node:worker_threads";
import { sqliteError, type Place } from "../errors.js";
import { BELL, type FromHelper, type OpenSpec } from "../helper/protocol.js";
import { unpack } from "../helper/rows.js";
import { entryFile } from "./entry-file.js";
import { Link } from "./link.js";
import { type Started } from "./spawn-process.js";
import { ThreadPort } from "./thread-port.js";
import { type WorkerControl } from "./worker-control.js";

/** Starts a thread with a connection for reads. A thread that starts must not be ended from outside: on abort it is let finish, and closed. */
export function spawnWorker(
  place: Place,
  spec: OpenSpec,
  signal: AbortSignal,
): Promise<Started & { readonly control: WorkerControl }> {
  signal.throwIfAborted();
  const port = new ThreadPort((replies) => link.receive(replies));
  const worker = new Worker(entryFile("sqlite.worker"), {
    workerData: port.start(spec),
    execArgv: [],
    env: {},
    stdout: false,
    stderr: false,
  });
  port.worker = worker;
  const link = new Link(place, port);
  const ended = new Promise<void>((resolve) => {
    worker.once("error", (error) => link.end(error, "the thread of this connection failed"));
    worker.once("exit", () => {
      link.end(undefined, "the thread of this connection has ended");
      resolve();
    });
  });
  return new Promise((resolve, reject) => {
    let given = false;
    const abort = (): void => {
      given = true;
      worker.unref();
      reject(signal.reason as Error);
    };
    link.onLost = reject;
    signal.addEventListener("abort", abort, { once: true });
    worker.on("message", (message: FromHelper | typeof BELL) => {
      if (message === BELL) return port.rung();
      if (message.type === "failed") reject(sqliteError(place, message.error));
      if (message.type !== "ready") return link.receive(unpack(message));
      signal.removeEventListener("abort", abort);
      if (given) return link.sayClose();
      link.onLost = undefined;
      worker.unref();
      resolve({ link, journalMode: message.journalMode, ended, control: port.control });
    });
  });
}
