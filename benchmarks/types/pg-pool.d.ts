/** What the benchmark uses of pg-pool, which has no types of its own; its published ones insist on a real `pg.Client`. */
declare module "pg-pool" {
  import type { EventEmitter } from "node:events";

  interface PooledClient {
    release(error?: unknown): void;
  }

  interface PoolOptions<C> {
    Client: new () => C;
    max: number;
    connectionTimeoutMillis?: number;
  }

  class Pool<C extends EventEmitter> extends EventEmitter {
    constructor(options: PoolOptions<C>);
    connect(): Promise<C & PooledClient>;
    end(): Promise<void>;
    readonly totalCount: number;
    readonly idleCount: number;
    readonly waitingCount: number;
  }

  export = Pool;
}
