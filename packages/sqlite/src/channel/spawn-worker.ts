import { Worker } from "node:worker_threads";
import { sqliteError, type Place } from "../errors.js";
import { entryFile } from "./entry-file.js";
import { Link } from "./link.js";
import { CLAIM_STEP, CONTROL, type FromHelper, type OpenSpec, TAKEN_BACK } from "../helper/protocol.js";
import { type FlatReplies, flattened, unflattened } from "../helper/flat.js";
import { type Started } from "./spawn-process.js";

// So that the number of a list and a count fit into 32 bits.
const MOST_LISTS = 2 ** 24 - 2;

/** What the main thread can do to a thread that is inside a query. */
export class WorkerControl {
  #list = 0;
  readonly memory = new Int32Array(new SharedArrayBuffer(12));

  /** Before a list is sent. @returns its number */
  start(): number {
    this.#list = (this.#list % MOST_LISTS) + 1;
    Atomics.store(this.memory, CONTROL.claim, this.#list * CLAIM_STEP);
    Atomics.store(this.memory, CONTROL.stop, 0);
    return this.#list;
  }

  /** A message was posted: wakes the thread if it sleeps. */
  ring(): void {
    Atomics.store(this.memory, CONTROL.bell, 1);
    Atomics.notify(this.memory, CONTROL.bell);
  }

  /** Takes back what has not begun. @returns how many of the list have */
  takeBack(): number {
    return Atomics.exchange(this.memory, CONTROL.claim, TAKEN_BACK) % CLAIM_STEP;
  }

  /** Ends a read at its next row. */
  stop(id: number): void {
    Atomics.store(this.memory, CONTROL.stop, id);
  }
}

/** Starts a thread with a connection for reads. A thread that starts must not be ended from outside: on abort it is let finish, and closed. */
export function spawnWorker(
  place: Place,
  spec: OpenSpec,
  signal: AbortSignal,
): Promise<Started & { readonly control: WorkerControl }> {
  signal.throwIfAborted();
  const control = new WorkerControl();
  const worker = new Worker(entryFile("sqlite.worker"), {
    workerData: { spec, memory: control.memory },
    execArgv: [],
    env: {},
    stdout: false,
    stderr: false,
  });
  const link = new Link(place, {
    post: (message) => {
      worker.postMessage(flattened(message));
      control.ring();
    },
    ref: (on) => (on ? worker.ref() : worker.unref()),
  });
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
    worker.on("message", (flat: FromHelper | FlatReplies) => {
      const message = unflattened(flat);
      if (message.type === "failed") reject(sqliteError(place, message.error));
      if (message.type !== "ready") return link.receive(message);
      signal.removeEventListener("abort", abort);
      if (given) return link.sayClose();
      link.onLost = undefined;
      worker.unref();
      resolve({ link, journalMode: message.journalMode, ended, control });
    });
  });
}
