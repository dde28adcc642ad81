// Lives that a process with a pool may lead; which one is said by the first argument. The test sees when and how the process ends.
import { setTimeout as sleep } from "node:timers/promises";
import { connectAll } from "../../../src/connector/connect-all.js";
import { createPool } from "../../../src/pool/create-pool.js";
import type { ResourceFactory } from "../../../src/pool/factory.js";
import { MemoryBackend } from "../../support/memory-backend.js";

/** Its resources hold no handle, so nothing but the pool could keep the process. */
const factory: ResourceFactory<object> = {
  kind: "memory",
  create: async () => ({}),
  validate: async () => undefined,
  close: () => undefined,
};
const down: ResourceFactory<object> = { ...factory, create: () => Promise.reject(new Error("refused")) };
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Keeps the process alive until the backend was asked once more how it is. */
async function untilChecked(backend: MemoryBackend): Promise<void> {
  for (const before = backend.checks; backend.checks === before;) await sleep(5);
}

const lives: Record<string, () => Promise<void>> = {
  async idle() {
    const pool = createPool(factory, { minIdle: 2, keepAliveInterval: 1_000 });
    await pool.warm(3);
    (await pool.acquire()).release();
    print(`idle ${String(pool.stats.idle)}`);
  },
  async holding() {
    const pool = createPool(factory);
    const lease = await pool.acquire();
    print(`leased ${String(pool.stats.leased)}`);
    process.on("exit", () => print(`still ${String(lease.active)}`));
  },
  async afterWaiting() {
    const pool = createPool(factory, { maxSize: 1 });
    const lease = await pool.acquire();
    const waiting = pool.acquire();
    lease.release();
    (await waiting).release();
    print("served");
  },
  async waiting() {
    const pool = createPool(factory, { maxSize: 1, acquireTimeout: 600 });
    const lease = await pool.acquire();
    const before = performance.now();
    await pool.acquire().catch((error: unknown) => {
      print(
        `${(error as { code: string }).code} after ${performance.now() - before >= 590 ? "its time" : "too little"}`,
      );
    });
    lease.release();
  },
  /** Nothing but its timers wakes the loop. */
  async waitingInQuiet() {
    const pool = createPool(factory, { maxSize: 1, acquireTimeout: 1_000 });
    const lease = await pool.acquire();
    const waitedMs = (wait: Promise<unknown>): Promise<number> =>
      wait.then(
        () => NaN,
        (error: unknown) => (error as { details: { waitedMs: number } }).details.waitedMs,
      );
    const first = waitedMs(pool.acquire());
    await sleep(100);
    const waits = await Promise.all([first, waitedMs(pool.acquire())]);
    // Not by as much later as the loop had slept: a slow machine may take its time.
    print(waits.map((ms) => (ms >= 1_000 && ms < 1_700 ? "in time" : `after ${String(ms)} ms`)).join(", "));
    lease.release();
  },
  async minIdleWhileDown() {
    const pool = createPool(down, { minIdle: 2 });
    print(pool.stats.state);
  },
  async waitingWhileDown() {
    const pool = createPool(down, { acquireTimeout: 2_000 });
    await pool.acquire().catch((error: unknown) => print((error as { code: string }).code));
  },
  async supervised() {
    const backend = new MemoryBackend();
    const registry = await connectAll({ main: backend.connector({ options: { healthCheckInterval: 1_000 } }) });
    await untilChecked(backend);
    print(registry.get("main").state);
  },
  async supervisedWhileDown() {
    const backend = new MemoryBackend();
    const options = { healthCheckInterval: 1_000, reconnectInterval: 50 };
    const registry = await connectAll({ main: backend.connector({ options }) });
    backend.onCheck = () => Promise.reject(new Error("down"));
    backend.beforeOpen = () => Promise.reject(new Error("down"));
    const connector = registry.get("main");
    while (connector.state === "ready") await untilChecked(backend);
    print("looked after while down");
  },
  async closed() {
    const pool = createPool(factory, { minIdle: 1 });
    (await pool.acquire()).release();
    await pool.close();
    print(pool.stats.state);
  },
};

await lives[process.argv[2] ?? ""]?.();
