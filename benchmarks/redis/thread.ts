import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { RedisLoad } from "./loads.ts";
import type { Place } from "./subject.ts";

/** What one command took, on average of one measurement. */
export interface Figures {
  /** CPU time of this process in µs, in which nobody else had anything to do: the server is another process. */
  readonly cpu: number;
  /** Commands per second. */
  readonly rate: number;
}

/** What a contestant's thread is started with. */
export interface ThreadData {
  readonly engine: string;
  /** Where `@pool/redis` is imported from. */
  readonly packageUrl: string;
  readonly place: Place;
}

/** What a contestant's thread is asked for. */
export type Task = { readonly load: RedisLoad; readonly count: number } | "close";

/** One contestant in a thread of its own, with its connections open. */
export interface RedisThread extends AsyncDisposable {
  readonly name: string;
  measure(load: RedisLoad, count: number): Promise<Figures>;
}

export async function startThread({ engine, packageUrl, place }: ThreadData): Promise<RedisThread> {
  const { url, host, port, password } = place;
  const workerData: ThreadData = { engine, packageUrl, place: { url, host, port, password } };
  const hooks = fileURLToPath(new URL("../../scripts/source.mjs", import.meta.url));
  const execArgv = ["--conditions=@pool/source", `--import=${hooks}`];
  const worker = new Worker(new URL("./contestant.ts", import.meta.url), { workerData, execArgv });
  await once(worker, "message"); // rejects with what ended the thread before it was ready
  return {
    name: engine,
    async measure(load, count) {
      worker.postMessage({ load, count } satisfies Task);
      const [figures] = (await once(worker, "message")) as [Figures];
      return figures;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(worker, "exit");
      worker.postMessage("close" satisfies Task);
      await ended;
    },
  };
}
