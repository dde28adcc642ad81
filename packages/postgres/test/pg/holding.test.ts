import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createPool, onEvent } from "@pool/core";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { createDialer } from "../../src/connect/dialer.js";
import { postgresFactory } from "../../src/factory.js";
import { readPostgresOptions } from "../../src/resolved-options.js";
import { poolOver } from "../../src/pg/pool-over.js";
import { testDatabase } from "./support.js";

const database = testDatabase();

describe("a client that is held", () => {
  it("finds its connection closed when it is dropped without a release", async () => {
    const pool = database.open({ max: 1 });
    const removed = new Promise((resolve) => pool.once("remove", resolve));
    await (async () => {
      await (await pool.connect()).query("select 1");
    })();
    const collecting = setInterval(() => globalThis.gc?.(), 20);
    await removed;
    clearInterval(collecting);
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("stays open while somebody listens to it, though nobody refers to it", async () => {
    const pool = database.open({ max: 2 });
    const heard: (string | undefined)[] = [];
    await (async () => {
      const client = await pool.connect();
      await client.query("listen news");
      client.on("notification", ({ payload }) => heard.push(payload));
    })();
    for (let round = 0; round < 10; round += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await pool.query("select pg_notify('news', 'still there')");
    await expect.poll(() => heard).toEqual(["still there"]);
  });

  it("is closed by end(), and may be released afterwards", async () => {
    const pool = database.open({ max: 1 });
    const client = await pool.connect();
    await client.end();
    await expect(client.query("select 1")).rejects.toMatchObject({ code: "LEASE_ENDED" });
    client.release();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("has its statement's failure told when its connection dies, and takes nobody with it", async () => {
    const pool = database.open({ max: 2 });
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const heard = once(client, "error").catch((reason: unknown) => [reason]);
    const sleeping = client.query("select pg_sleep(20)").catch((reason: unknown) => reason);
    await pool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    expect(await sleeping).toMatchObject({ code: "57P01" });
    await heard;
    client.release();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("leaves a connection that breaks while idle to the pool, and the process alone when nobody listens", async () => {
    const pool = database.open({ max: 1 });
    const client = await pool.connect();
    const { stream } = client.connection;
    client.release();
    await expect.poll(() => pool.idleCount).toBe(1);
    const removed = new Promise((resolve) => pool.once("remove", resolve));
    stream.destroy(new Error("broken"));
    await removed;
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("costs no round trip at its release when it has left nothing behind", async () => {
    const pool = database.open({ max: 1 });
    let resets = 0;
    using _ = onEvent("pool:reset", () => (resets += 1));
    const client = await pool.connect();
    await client.query("select 1");
    client.release();
    await pool.query("select 1");
    expect(resets).toBe(0);
    const other = await pool.connect();
    await other.query("set lock_timeout = 5");
    other.release();
    await pool.query("select 1");
    expect(resets).toBe(1);
  });

  it("has one statement cost no more than itself when it cannot be sent", async () => {
    const pool = database.open({ max: 1 });
    const client = await pool.connect();
    await expect(client.query("select $1::text", ["a\0b"])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(client.query({ name: "unseen" } as pg.QueryConfig)).rejects.toThrow(/either text or a name/);
    expect(() => client.query(null as unknown as string)).toThrow("Client was passed a null or undefined query");
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    client.release();
    expect(pool.idleCount).toBe(1);
  });
});

describe("a pool of a connector seen as a pg.Pool", () => {
  it("lends its connections, and leaves it open at its end", async () => {
    const options = readPostgresOptions({ url: database.url, maxSize: 2 });
    const factory = postgresFactory({
      dialer: createDialer(options.dial),
      reset: options.reset,
      statementCache: options.statementCache,
      cancelTimeout: 1_000,
      mustWrite: false,
    });
    await using pool = createPool(factory, options.pool);
    const seen = poolOver(pool, options);
    expect(seen).toBeInstanceOf(pg.Pool);
    expect(seen.constructor.name).toBe("Pool");
    expect(seen.options.max).toBe(2);
    expect(poolOver(pool, options)).toBe(seen);
    const connected: unknown[] = [];
    seen.on("connect", (client) => connected.push(client));
    const client = await seen.connect();
    expect(connected).toEqual([client]);
    await client.query("set lock_timeout = 99");
    client.release();
    expect((await seen.query("show lock_timeout")).rows).toEqual([{ lock_timeout: "0" }]);
    expect(pool.stats.totals.closed).toBe(0);
    await seen.end();
    await expect(seen.query("select 1")).rejects.toThrow("Cannot use a pool after calling end on the pool");
    using lease = await pool.acquire();
    expect((await lease.resource.run({ text: "select 1 as one" })).rows).toEqual([{ one: 1 }]);
  });
});

describe("allowExitOnIdle", () => {
  it.each([
    [true, "exits"],
    [false, "stays"],
  ])("%s: a process with an idle pool %s", async (allowExitOnIdle, outcome) => {
    const module = fileURLToPath(new URL("../../src/pg/index.ts", import.meta.url));
    const script = `
      import { Pool } from ${JSON.stringify(module)};
      const pool = new Pool({ connectionString: process.env.URL, max: 1, allowExitOnIdle: ${String(allowExitOnIdle)} });
      const answers = await Promise.all([1, 2, 3].map((n) => pool.query("select set_config('lock_timeout', $1, false)", [n])));
      console.log(answers.length);`;
    const child = spawn(process.execPath, [...process.execArgv, "--input-type=module", "--eval", script], {
      env: { ...process.env, URL: database.url },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    const exited = once(child, "exit").then(([code]) => (code === 0 ? "exits" : `exits with ${String(code)}`));
    await expect.poll(() => printed, { timeout: 10_000 }).toBe("3\n");
    const stays = new Promise<string>((resolve) => setTimeout(resolve, allowExitOnIdle ? 8_000 : 1_500, "stays"));
    expect(await Promise.race([exited, stays])).toBe(outcome);
    child.kill();
    await exited;
  });
});
