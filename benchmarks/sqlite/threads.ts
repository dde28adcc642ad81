import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { createPool, type Pool } from "generic-pool";
import { ITEMS, type Item } from "./statements.ts";
import type { Answer, Asked } from "./threads.worker.ts";
import { idAt } from "../lib/ids.ts";
import type { SqliteEngine, SqliteSubject } from "./subject.ts";

type Question = Asked extends infer Each ? (Each extends Asked ? Omit<Each, "id"> : never) : never;

/** A worker thread with one connection; a message each way for each statement. */
class Thread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, { resolve(row: unknown): void; reject(error: Error): void }>();
  #last = 0;

  constructor(file: string) {
    this.#worker = new Worker(new URL("./threads.worker.ts", import.meta.url), { workerData: file });
    this.#worker.on("message", ({ id, row, error }: Answer) => {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (error === undefined) asked?.resolve(row);
      else asked?.reject(new Error(error));
    });
  }

  ask(question: Question): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#asked.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id });
    });
  }

  async close(): Promise<void> {
    const ended = once(this.#worker, "exit");
    this.#worker.postMessage("close");
    await ended;
  }
}

type Ask = (question: Question) => Promise<unknown>;

function subject(read: Ask, write: Ask, close: () => Promise<unknown>): SqliteSubject {
  const point = (id: number): Promise<Item> => read({ kind: "point", value: id }) as Promise<Item>;
  return {
    async points(count) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += (await point(idAt(i, ITEMS))).id;
      return sum;
    },
    point,
    read: (id) => read({ kind: "read", value: id }) as Promise<Item>,
    slow: async (count) => ((await read({ kind: "slow", value: count })) as { count: number }).count,
    insert: (item, note) => write({ kind: "insert", rows: [[item, note]] }),
    batch: (rows) => write({ kind: "insert", rows }),
    close,
  };
}

/** One worker without any pool: what the way there and back costs by itself. */
export const bareWorker: SqliteEngine = {
  name: "bare worker",
  open(file) {
    const thread = new Thread(file);
    const ask: Ask = (question) => thread.ask(question);
    return Promise.resolve(subject(ask, ask, () => thread.close()));
  },
};

/** As one would build it from parts: a generic-pool of reading workers and one of a single writer. */
export const workerPool: SqliteEngine = {
  name: "generic-pool of workers",
  async open(file) {
    const readers = threads(file, Math.min(4, availableParallelism()));
    const writer = threads(file, 1);
    await Promise.all([readers.ready(), writer.ready()]);
    const close = (): Promise<unknown> =>
      Promise.all([readers, writer].map(async (pool) => pool.drain().then(() => pool.clear())));
    return subject(borrowing(readers), borrowing(writer), close);
  },
};

function threads(file: string, size: number): Pool<Thread> {
  return createPool(
    { create: () => Promise.resolve(new Thread(file)), destroy: (thread) => thread.close() },
    { min: size, max: size },
  );
}

function borrowing(pool: Pool<Thread>): Ask {
  return async (question) => {
    const thread = await pool.acquire();
    try {
      return await thread.ask(question);
    } finally {
      await pool.release(thread);
    }
  };
}
