import { promisify } from "node:util";
import connectPgSimple from "connect-pg-simple";
import session from "express-session";
import { describe, expect, it } from "vitest";
import { atOnce, NUMBERS, testDatabase } from "./support.js";

const database = testDatabase();
const Store = connectPgSimple(session);
const COOKIE = { originalMaxAge: 60_000, maxAge: 60_000 };

describe("connect-pg-simple over our pool", () => {
  it("keeps sessions, for more callers than connections", async () => {
    const pool = database.open();
    const store = new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false });
    const set = async (id: number): Promise<void> => {
      const data = { cookie: COOKIE, user: id } as unknown as session.SessionData;
      await promisify(store.set.bind(store))(`s${String(id)}`, data);
    };
    const get = async (id: number): Promise<unknown> => {
      const data: unknown = await promisify(store.get.bind(store))(`s${String(id)}`);
      return (data as { readonly user?: unknown } | null | undefined)?.user;
    };
    await set(0);
    await atOnce(set);
    expect(await atOnce(get)).toEqual(NUMBERS);
    await new Promise<void>((resolve) => store.destroy("s0", () => resolve()));
    expect(await get(0)).toBeUndefined();
    await Promise.resolve(store.close());
    expect(pool.ending).toBe(false);
  });
});
