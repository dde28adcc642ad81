// Lives that a process with a pool may lead; which one is said by the first argument. The test sees when and how the process ends.
import { createPool } from "../../../src/pool/create-pool.js";
import type { ResourceFactory } from "../../../src/pool/factory.js";

/** Its resources hold no handle, so nothing but the pool could keep the process. */
const factory: ResourceFactory<object> = {
  kind: "memory",
  create: async () => ({}),
  validate: async () => undefined,
  close: () => undefined,
};
const down: ResourceFactory<object> = { ...factory, create: () => Promise.reject(new Error("refused")) };
const print = (line: string): void => void process.stdout.write(`${line}\n`);

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
  async minIdleWhileDown() {
    const pool = createPool(down, { minIdle: 2 });
    print(pool.stats.state);
  },
  async waitingWhileDown() {
    const pool = createPool(down, { acquireTimeout: 2_000 });
    await pool.acquire().catch((error: unknown) => print((error as { code: string }).code));
  },
  async closed() {
    const pool = createPool(factory, { minIdle: 1 });
    (await pool.acquire()).release();
    await pool.close();
    print(pool.stats.state);
  },
};

await lives[process.argv[2] ?? ""]?.();
