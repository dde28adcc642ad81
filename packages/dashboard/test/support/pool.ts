import { createPool, type Pool, type PoolOptions } from "@pool/core";
import { onTestFinished } from "vitest";

export interface Thing {
  readonly id: number;
  inTransaction: boolean;
}

/** A pool of things in memory, closed after the test. */
export function openPool(options: PoolOptions & { name: string }, cleanUp = onTestFinished): Pool<Thing> {
  let made = 0;
  const pool = createPool<Thing>(
    {
      kind: "memory",
      create: async () => ({ id: ++made, inTransaction: false }),
      close: () => undefined,
      reset: (thing) => {
        thing.inTransaction = false;
      },
      status: ({ inTransaction }) => ({ inTransaction, clean: !inTransaction }),
    },
    options,
  );
  cleanUp(() => pool.close({ timeout: 0 }));
  return pool;
}
