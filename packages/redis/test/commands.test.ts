import { isPoolError, onEvent } from "@pool/core";
import { faultProxy } from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { redis } from "../src/index.js";
import { ownServer } from "./support.js";

const { server, admin, withClient } = await ownServer();

describe("commands over the shared connection", () => {
  it("are called by name, with options behind their arguments, and by the methods of ioredis", async () => {
    await withClient(async ({ call, commands }) => {
      expect(await call("SET", "a", 1, { timeout: 1_000, label: "first" })).toBe("OK");
      expect(await call("GET", "a")).toBe("1");
      expect(await call("GET", "a", { buffers: true })).toEqual(Buffer.from("1"));
      expect(await commands.hset("h", { x: 1, y: "two" })).toBe(2);
      expect(await commands.hgetall("h")).toEqual({ x: "1", y: "two" });
      expect(await commands.getBuffer("a")).toEqual(Buffer.from("1"));
      expect(await commands.set("b", Buffer.from([0, 255, 13, 10]))).toBe("OK");
      expect(await commands.getBuffer("b")).toEqual(Buffer.from([0, 255, 13, 10]));
      expect(await commands.with({ label: "later", timeout: 500 }).get("a")).toBe("1");
      const found: string[] = [];
      for await (const keys of commands.scanStream({ match: "[ab]" })) found.push(...(keys as string[]));
      expect(found.sort()).toEqual(["a", "b"]);
    });
  });

  it("leave a tick in one write, in the order of their calls, pipelines and MULTI among them", async () => {
    await withClient(async ({ commands }) => {
      await commands.del("order");
      const pushed: Promise<unknown>[] = [];
      for (let n = 0; n < 100; n++) {
        if (n % 10 === 3) pushed.push(commands.pipeline().rpush("order", `${n}`).rpush("order", `${n}b`).exec());
        else if (n % 10 === 7) pushed.push(commands.multi().rpush("order", `${n}`).llen("order").exec());
        else if (n % 10 === 5) pushed.push(commands.rpush("order", Buffer.from(`${n}`)));
        else pushed.push(commands.rpush("order", `${n}`));
      }
      await Promise.all(pushed);
      const expected = Array.from({ length: 100 }, (_, n) => (n % 10 === 3 ? [`${n}`, `${n}b`] : [`${n}`])).flat();
      expect(await commands.lrange("order", 0, -1)).toEqual(expected);
    });
  });

  it("go out in few writes: a thousand at once do not make a thousand packets", async () => {
    await using proxy = await faultProxy({ target: server });
    await withClient(
      async ({ commands }) => {
        await commands.ping();
        const before = await packets();
        await Promise.all(Array.from({ length: 1_000 }, (_, n) => commands.set(`many:${n % 7}`, "x".repeat(20))));
        expect((await packets()) - before).toBeLessThan(200);
      },
      { url: proxy.url(server.url), minIdle: 0 },
    );
    // Each read of the server's event loop takes what has come by then.
    async function packets(): Promise<number> {
      const info = await admin.redis.info("stats");
      return Number(/total_reads_processed:(\d+)/.exec(info)?.[1]);
    }
  });

  it("run scripts that are defined, and find them again after the server has forgotten them", async () => {
    await withClient(async ({ commands }) => {
      commands.defineCommand("twice", { numberOfKeys: 1, lua: "return redis.call('incrby', KEYS[1], 2 * ARGV[1])" });
      const { twice } = commands as unknown as { twice(key: string, by: number): Promise<number> };
      await commands.del("counted");
      expect(await twice.call(commands, "counted", 2)).toBe(4);
      await admin.redis.script("FLUSH");
      expect(await twice.call(commands, "counted", 3)).toBe(10);
    });
  });

  it("fail with a code, the server's word and the command, and without what it was called with", async () => {
    await withClient(async ({ call, commands }) => {
      await commands.set("text", "x");
      const error = (await commands.lpush("text", "a secret value").catch((reason: unknown) => reason)) as Error;
      expect(error).toMatchObject({ code: "COMMAND_FAILED", details: { reply: "WRONGTYPE", command: "LPUSH" } });
      expect(error.message).toMatch(/^redis "redis": LPUSH failed: WRONGTYPE /);
      const unknown = (await call("NONSENSE", "a secret value").catch((reason: unknown) => reason)) as Error;
      const { inspect } = await import("node:util");
      for (const one of [error, unknown]) expect(inspect(one, { depth: 9, showHidden: true })).not.toContain("secret");
      expect(unknown).toMatchObject({ code: "COMMAND_FAILED", details: { reply: "ERR" } });
      const results = await commands.multi().incr("text").set("other", "1").exec();
      expect(results?.[0]?.[0]).toBeInstanceOf(Error);
      expect(results?.[1]).toEqual([null, "OK"]);
    });
  });

  it("are refused by name when they need a connection of their own, and the shared one stays as it was", async () => {
    await withClient(async ({ call, commands }) => {
      for (const name of ["MULTI", "watch", "SELECT", "Subscribe", "AUTH", "QUIT", "MONITOR", "RESET", "HELLO"]) {
        await expect(call(name, "1")).rejects.toMatchObject({
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining("client.use") as string,
        });
      }
      await expect(call("CLIENT", "REPLY", "OFF")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      await expect(commands.multi({ pipeline: false } as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      const open = await commands.pipeline().set("left", "1").call("MULTI").incr("left").exec();
      expect(open?.map(([error]) => isPoolError(error) && error.code)).toEqual(Array(3).fill("INVALID_ARGUMENT"));
      const stuck = await commands.pipeline().set("left", "1").blpop("nothing", 0).exec();
      expect(stuck?.every(([error]) => isPoolError(error, "INVALID_ARGUMENT"))).toBe(true);
      expect(await commands.exists("left")).toBe(0);
      // Inside of MULTI nothing blocks.
      expect(await commands.multi().blpop("nothing", 0).exec()).toEqual([[null, null]]);
      await expect(call("GET", "a", { timeout: 0 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      await expect(call("GET", "a", { time: 5 } as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      expect(await call("PING")).toBe("PONG");
    });
  });

  it("are given up by their signal, and a late answer never reaches another caller", async () => {
    await using proxy = await faultProxy({ target: server });
    await withClient(
      async ({ commands, call }) => {
        await Promise.all(Array.from({ length: 50 }, (_, n) => commands.set(`n:${n}`, `${n}`)));
        proxy.latency(80);
        const asked = Array.from({ length: 50 }, async (_, n) => {
          if (n % 3 === 0) return await code(call("GET", `n:${n}`, { timeout: 20 }));
          if (n % 3 === 1) return await code(call("GET", `n:${n}`, { signal: AbortSignal.timeout(20) }));
          return await commands.get(`n:${n}`);
        });
        const answers = await Promise.all(asked);
        for (const [n, answer] of answers.entries())
          expect(answer).toBe(n % 3 === 0 ? "COMMAND_TIMEOUT" : n % 3 === 1 ? "TimeoutError" : `${n}`);
        await proxy.heal();
        for (let n = 0; n < 50; n++) expect(await commands.get(`n:${n}`)).toBe(`${n}`);
        const aborted = AbortSignal.abort(new Error("gone"));
        await expect(call("GET", "n:1", { signal: aborted })).rejects.toThrow("gone");
      },
      { url: proxy.url(server.url) },
    );
  });

  it("are told to listeners by their names alone", async () => {
    const told: unknown[] = [];
    using _ = onEvent("pool:query", ({ pool, statement, label }) => void told.push({ pool, statement, label }));
    await withClient(
      async ({ call, commands }) => {
        await call("SET", "k", "v", { label: "mine" });
        await commands.pipeline().get("k").incr("k").exec();
        await expect(commands.incr("k")).rejects.toThrow();
      },
      { name: "told" },
    );
    const get = { pool: "told", statement: "GET", label: undefined };
    const incr = { ...get, statement: "INCR" };
    expect(told).toEqual([{ pool: "told", statement: "SET", label: "mine" }, get, incr, incr]);
  });

  it("go on while a blocking command has a connection of its own", async () => {
    await withClient(async (client) => {
      const popped = client.commands.blpop("queue", 5);
      for (let n = 0; n < 20; n++) expect(await client.commands.get("nothing")).toBeNull();
      await client.commands.rpush("queue", "first");
      expect(await popped).toEqual(["queue", "first"]);
      expect(await client.commands.blpop("queue", 0.05)).toBeNull();
      await expect.poll(() => client.dedicated.stats.leased).toBe(0);
    });
  });

  it("that block are let go by their signal, and lose nothing that they had taken", async () => {
    await withClient(async (client) => {
      await client.commands.del("jobs");
      let taken = 0;
      for (let n = 0; n < 60; n++) {
        const controller = new AbortController();
        const reason = new Error("enough");
        const popping = client.commands
          .with({ signal: controller.signal })
          .blpop("jobs", 0)
          .then(
            () => {
              taken++;
            },
            (error: unknown) => expect(error).toBe(reason),
          );
        const pushing = client.commands.rpush("jobs", `${n}`);
        if (n % 2 === 0) await sleep(n % 5);
        controller.abort(reason);
        await Promise.all([popping, pushing]);
      }
      expect(taken + (await client.commands.llen("jobs"))).toBe(60);
      const waiting = new AbortController();
      const popping = client.commands.with({ signal: waiting.signal }).blpop("nothing", 0);
      setTimeout(() => waiting.abort(), 30);
      await expect(popping).rejects.toMatchObject({ name: "AbortError" });
      await expect.poll(() => client.dedicated.stats.leased).toBe(0);
    });
  });
});

describe("commands that wait to be sent", () => {
  it("are refused beyond a bound, a batch as a whole, and are counted right afterwards", async () => {
    await using proxy = await faultProxy({ target: server });
    proxy.hang();
    const connector = await redis({ url: proxy.url(server.url), lazy: true, maxQueued: 3, minIdle: 0 }).connect();
    const { commands } = connector.client;
    const full = { code: "QUEUE_FULL", details: { maxQueued: 3, sent: false } };
    for (let n = 0; n < 3; n++) {
      const batch = commands.pipeline();
      for (let m = 0; m < 5; m++) batch.incr(`m:${m}`);
      const codes = (await batch.exec())?.map(([error]) => isPoolError(error) && error.code);
      expect(codes).toEqual(Array(5).fill("QUEUE_FULL"));
      expect(connector.gauges?.queued).toBe(0);
    }
    const waiting = Array.from({ length: 3 }, () => commands.incr("n").catch(() => "given up"));
    await expect(commands.incr("n")).rejects.toMatchObject(full);
    expect(connector.gauges?.queued).toBe(3);
    await connector.disconnect({ timeout: 0 });
    expect(await Promise.all(waiting)).toEqual(Array(3).fill("given up"));
    expect(connector.gauges?.queued ?? 0).toBe(0);
  });
});

describe("commands after a quiet time", () => {
  it("are sent however many they are, once the connection has answered", async () => {
    await withClient(
      async ({ commands }) => {
        await commands.set("crowd", 0);
        const pushed = Array.from({ length: 50 }, () => commands.incr("crowd"));
        expect(await Promise.all(pushed)).toEqual(pushed.map((_, n) => n + 1));
        await sleep(20);
        const batch = commands.pipeline();
        for (let n = 0; n < 50; n++) batch.incr("crowd");
        expect(await batch.exec()).toEqual(pushed.map((_, n) => [null, 51 + n]));
      },
      { maxQueued: 3, validateIfIdleFor: 0 },
    );
  });
});

describe("a time limit of a blocking command", () => {
  it("may be longer than a timer of Node's can be, or none", async () => {
    await withClient(
      async ({ commands, call }) => {
        const days = 40 * 24 * 3_600;
        const waiting = [
          commands.blpop("far:0", days),
          commands.with({ timeout: Infinity }).blpop("far:1", 0),
          commands.with({ timeout: days * 1_000 }).blpop("far:2", 0),
          call("BLPOP", "far:3", days, { timeout: Infinity, signal: AbortSignal.timeout(60_000) }),
        ];
        expect(await Promise.race([...waiting, sleep(100, "waiting")])).toBe("waiting");
        for (let n = 0; n < waiting.length; n++) await commands.rpush(`far:${n}`, "x");
        expect(await Promise.all(waiting)).toEqual(waiting.map((_, n) => [`far:${n}`, "x"]));
      },
      { commandTimeout: "30d" },
    );
  });

  it("covers the wait for a connection, and says whether it was sent", async () => {
    await withClient(
      async ({ commands, dedicated }) => {
        const lease = await dedicated.acquire();
        const start = performance.now();
        const unsent = commands.with({ timeout: 100 }).blpop("nothing", 0);
        await expect(unsent).rejects.toMatchObject({
          code: "COMMAND_TIMEOUT",
          details: { command: "BLPOP", sent: false, timeoutMs: 100 },
        });
        expect(performance.now() - start).toBeLessThan(3_000);
        lease.release();
        const sent = commands.with({ timeout: 100 }).blpop("nothing", 0);
        await expect(sent).rejects.toMatchObject({ code: "COMMAND_TIMEOUT", details: { sent: true, timeoutMs: 100 } });
        // The connection is closed with the command on it: what comes now is nobody else's answer.
        expect(await dedicated.use((lent) => lent.echo("mine"))).toBe("mine");
        expect(dedicated.stats.totals.closed).toBe(1);
      },
      { maxSize: 1, acquireTimeout: 5_000 },
    );
  });
});

describe("connections that are lent", () => {
  it("cost no round trip when they come back clean, and come back as they were", async () => {
    await withClient(
      async (client) => {
        await client.use((lent) => lent.set("lent", "1"));
        const before = await calls();
        for (let n = 0; n < 10; n++) await client.use((lent) => lent.get("lent"));
        expect((await calls()) - before).toBeLessThanOrEqual(10 + 1); // and ours
        await client.use(async (lent) => {
          await lent.select(5);
          await lent.watch("lent");
          await lent.subscribe("news");
          lent.on("message", () => undefined);
        });
        await client.use(async (lent) => {
          expect(await lent.client("INFO")).toMatch(/ db=0 sub=0 /);
          expect(lent.listenerCount("message")).toBe(0);
        });
        expect(client.dedicated.stats.totals.closed).toBe(0);
        await client.use((lent) => lent.client("SETNAME", "other"));
        await client.use(async (lent) => expect(await lent.client("GETNAME")).toBe("redis"));
        expect(client.dedicated.stats.totals.closedBy["reset-failed"]).toBe(1);
      },
      { maxSize: 1, keepAliveInterval: "never" },
    );
    async function calls(): Promise<number> {
      return Number(/total_commands_processed:(\d+)/.exec(await admin.redis.info("stats"))?.[1]);
    }
  });

  it("watch and write again until nobody was quicker", async () => {
    await withClient(async (client) => {
      await client.commands.set("sum", "0");
      const add = () =>
        client.watch(
          "sum",
          async (lent, multi) => {
            const sum = Number(await lent.get("sum"));
            multi.set("sum", String(sum + 1)).get("sum");
          },
          { retries: 200 },
        );
      await Promise.all(Array.from({ length: 20 }, add));
      expect(await client.commands.get("sum")).toBe("20");
      const disturbed = client.watch(
        ["sum"],
        async (_, multi) => {
          await client.commands.incr("sum");
          multi.del("sum");
        },
        { retries: 2 },
      );
      await expect(disturbed).rejects.toMatchObject({ code: "TRANSACTION_CONFLICT", details: { attempts: 3 } });
      expect(await client.commands.get("sum")).toBe("23");
    });
  });
});

async function code(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return isPoolError(error) ? error.code : (error as Error).name;
  }
}
