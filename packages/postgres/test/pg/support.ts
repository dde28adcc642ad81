import { sharedPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, beforeAll } from "vitest";
import { Pool, type PoolConfig } from "../../src/pg/index.js";

/** Fewer connections than the callers at once of every test. */
export const MAX = 3;
export const CALLERS = 20;

export interface TestDatabase {
  /** Where it is; to be read inside tests. */
  readonly url: string;
  /** A pool of ours, closed at the end of the test file. */
  open(config?: PoolConfig): Pool;
}

/** A database of its own for one test file. */
export function testDatabase(): TestDatabase {
  let server: PostgresServer | undefined;
  const opened: Pool[] = [];
  beforeAll(async () => {
    server = await sharedPostgres();
  });
  afterAll(async () => {
    await Promise.all(opened.filter((pool) => !pool.ending).map((pool) => pool.end()));
    await server?.[Symbol.asyncDispose]();
  });
  const url = (): string => {
    if (server === undefined) throw new Error("the server is there when the tests run");
    return server.url;
  };
  return {
    get url() {
      return url();
    },
    open(config) {
      const pool = new Pool({ connectionString: url(), max: MAX, ...config });
      opened.push(pool);
      return pool;
    },
  };
}

/** So many calls at once. */
export function atOnce<T>(run: (n: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: CALLERS }, (_, n) => run(n)));
}

/** What {@link atOnce} resolves with where each call gives its number. */
export const NUMBERS = Array.from({ length: CALLERS }, (_, n) => n);
