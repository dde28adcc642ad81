import { EventEmitter } from "node:events";
import { Sema } from "async-sema";
import { createPool } from "generic-pool";
import { Pool as LightningPool } from "lightning-pool";
import PgPool from "pg-pool";
import { Pool as TarnPool } from "tarn";
import { tokens, type Engine, type Subject, type Token } from "./subject.ts";

const asyncSema: Engine = {
  name: "async-sema",
  timesOut: false,
  aborts: false,
  open({ size }): Subject<Token> {
    const sema = new Sema(size, { initFn: tokens() });
    return {
      acquire: () => sema.acquire() as Promise<Token>,
      release: (token) => sema.release(token),
      idOf: (token) => token.id,
      counts: () => ({ leased: undefined, waiting: sema.nrWaiting() }),
      close: () => undefined,
    };
  },
};

const genericPool: Engine = {
  name: "generic-pool",
  timesOut: true,
  aborts: false,
  open({ size, timeout }): Subject<Token> {
    const open = tokens();
    const pool = createPool(
      { create: () => Promise.resolve(open()), destroy: () => Promise.resolve() },
      { max: size, ...(timeout !== undefined && { acquireTimeoutMillis: timeout }) },
    );
    return {
      acquire: () => pool.acquire(),
      release: (token) => void pool.release(token),
      idOf: (token) => token.id,
      counts: () => ({ leased: pool.borrowed, waiting: pool.pending }),
      close: () => pool.drain().then(() => pool.clear()),
    };
  },
};

const lightningPool: Engine = {
  name: "lightning-pool",
  timesOut: true,
  aborts: false,
  open({ size, timeout, waiters }): Subject<Token> {
    const pool = new LightningPool<Token>(
      { create: tokens(), destroy: () => undefined },
      { max: size, maxQueue: waiters, ...(timeout !== undefined && { acquireTimeoutMillis: timeout }) },
    );
    return {
      acquire: () => pool.acquire(),
      release: (token) => pool.release(token),
      idOf: (token) => token.id,
      counts: () => ({ leased: pool.acquired, waiting: pool.pending }),
      close: () => pool.closeAsync(true),
    };
  },
};

/** tarn always has a timeout: 30 s when none is given. */
const tarn: Engine = {
  name: "tarn",
  timesOut: true,
  aborts: true,
  open({ size, timeout }): Subject<Token> {
    const open = tokens();
    const pool = new TarnPool<Token>({
      create: () => Promise.resolve(open()),
      destroy: () => undefined,
      min: 0,
      max: size,
      ...(timeout !== undefined && { acquireTimeoutMillis: timeout }),
    });
    return {
      acquire: () => pool.acquire().promise,
      acquireUntil(signal) {
        const pending = pool.acquire();
        signal.addEventListener("abort", () => pending.abort(), { once: true });
        return pending.promise;
      },
      release: (token) => void pool.release(token),
      idOf: (token) => token.id,
      counts: () => ({ leased: pool.numUsed(), waiting: pool.numPendingAcquires() }),
      close: () => pool.destroy(),
    };
  },
};

/** The least that pg-pool takes for a `pg.Client`. */
class FakeClient extends EventEmitter implements Token {
  static #last = 0;
  readonly id = ++FakeClient.#last;
  readonly _queryable = true;
  readonly _ending = false;

  connect(done: () => void): void {
    done();
  }

  isConnected(): boolean {
    return true;
  }

  end(done?: () => void): void {
    done?.();
  }
}

const pgPool: Engine = {
  name: "pg-pool",
  timesOut: true,
  aborts: false,
  open({ size, timeout }) {
    const pool = new PgPool({
      Client: FakeClient,
      max: size,
      ...(timeout !== undefined && { connectionTimeoutMillis: timeout }),
    });
    const subject: Subject<Awaited<ReturnType<typeof pool.connect>>> = {
      acquire: () => pool.connect(),
      release: (client) => client.release(),
      idOf: (client) => client.id,
      counts: () => ({ leased: pool.totalCount - pool.idleCount, waiting: pool.waitingCount }),
      close: () => pool.end(),
    };
    return subject;
  },
};

/** With their own defaults, apart from the size, the room in the queue and, where a load asks for it, the timeout. */
export const peers: readonly Engine[] = [asyncSema, lightningPool, genericPool, pgPool, tarn];
