import { isPoolError, onEvent } from "@pool/core";
import { faultProxy, startRedis, startRedisSentinel, watchSockets } from "@pool/testing";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect, promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { redis, type RedisOptions } from "../src/index.js";
import { Admin, ownServer } from "./support.js";

// The next file may share this process.
afterEach(() => {
  vi.unstubAllEnvs();
});

const { server, admin } = await ownServer({ tls: true });

async function outcomeOf(options: RedisOptions): Promise<unknown> {
  const connector = redis({ connectTimeout: 2_000, ...options });
  try {
    await connector.connect();
    return await connector.client.call("PING");
  } catch (error) {
    return isPoolError(error) ? `${error.code}: ${connector.classify?.(error) ?? ""}: ${error.message}` : error;
  } finally {
    await connector.disconnect();
  }
}

describe("where to connect", () => {
  it("is told by a URL, by options, or by the path of a Unix socket", async () => {
    const { url, host, port, password, socketPath: path } = server;
    expect(await outcomeOf({ url })).toBe("PONG");
    expect(await outcomeOf({ host, port, password })).toBe("PONG");
    expect(await outcomeOf({ path: path ?? "", password })).toBe("PONG");
    expect(await outcomeOf({ url: `redis://${host}:${port}`, user: "default", password })).toBe("PONG");
    await using third = await redis({ url: `${url}/3` }).connect();
    expect(await third.client.call("CLIENT", "INFO")).toMatch(/ db=3 /);
    expect(await third.client.use((lent) => lent.client("INFO"))).toMatch(/ db=3 /);
    expect(await third.client.ioredis().client("INFO")).toMatch(/ db=3 /);
  });

  it("is no other database where the server refuses the one that was asked for", async () => {
    expect(await outcomeOf({ url: server.url, db: 99 })).toMatch(/^CONNECT_FAILED: .*DB index is out of range/);
    await admin.redis.acl("SETUSER", "unselecting", "on", ">its secret", "~*", "&*", "+@all", "-select");
    const { host, port } = server;
    const denied = { host, port, user: "unselecting", password: "its secret" };
    expect(await outcomeOf({ ...denied, db: 1 })).toMatch(/^ACCESS_DENIED: auth: .*NOPERM/);
    await using connector = await redis({ url: server.url, db: 99, lazy: true, minIdle: 0 }).connect();
    const { client } = connector;
    await expect(client.commands.set("stray", 1)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(client.use((lent) => lent.set("stray", 1))).rejects.toThrow(/DB index/);
    const handed = client.ioredis({ maxRetriesPerRequest: 1 });
    handed.on("error", () => undefined);
    await expect(handed.set("stray", 1)).rejects.toThrow();
    handed.disconnect();
    expect(await admin.redis.exists("stray")).toBe(0);
  });

  it("says that the server has too many clients, in place of how the line broke", async () => {
    await using full = await startRedis({ own: true, settings: { maxclients: "1" } });
    await using holder = new Admin(full);
    await holder.redis.ping();
    // It closes at once, and what it said may be gone with the line by the time that it is read.
    const told = /^CONNECT_FAILED: overload: .*max number of clients/;
    let outcome: unknown;
    for (let times = 0; times < 20 && !told.test(String(outcome)); times++)
      outcome = await outcomeOf({ url: full.url, minIdle: 0 });
    expect(outcome).toMatch(told);
  });

  it("is TLS that is verified, unless that is switched off by name, which is warned of", async () => {
    const { tls, password, host } = server;
    if (tls === undefined) throw new Error("no TLS");
    const over = { host, port: tls.port, password };
    expect(await outcomeOf({ url: tls.url, tls: { ca: tls.ca } })).toBe("PONG");
    expect(await outcomeOf({ ...over, host: "localhost", tls: { ca: tls.ca } })).toBe("PONG");
    expect(await outcomeOf({ url: tls.url })).toMatch(/CONNECT_FAILED.*certificate/);
    expect(await outcomeOf({ ...over, tls: true })).toMatch(/CONNECT_FAILED.*certificate/);
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    expect(await outcomeOf({ url: tls.url })).toMatch(/CONNECT_FAILED.*certificate/);
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    expect(await outcomeOf({ ...over, tls: { insecure: true } })).toBe("PONG");
    expect(warned).toHaveBeenCalledWith(
      expect.stringContaining("not verified"),
      expect.objectContaining({ code: "POOL_TLS_UNVERIFIED" }),
    );
    await tls.use("wrong-host");
    expect(await outcomeOf({ url: tls.url, tls: { ca: tls.ca } })).toMatch(
      /CONNECT_FAILED.*does not match certificate/,
    );
    await tls.use("expired");
    expect(await outcomeOf({ url: tls.url, tls: { ca: tls.ca } })).toMatch(/CONNECT_FAILED.*expired/);
    await tls.use("valid");
    // In clear text to a port that speaks TLS, and the other way round.
    expect(await outcomeOf({ ...over, connectTimeout: 500 })).toMatch(/CONNECT_FAILED|CONNECT_TIMEOUT/);
    expect(await outcomeOf({ ...over, port: server.port, tls: { ca: tls.ca } })).toMatch(
      /CONNECT_FAILED|CONNECT_TIMEOUT/,
    );
  });

  it("is told as a connect that took too long where nobody answers, whatever the limits are", async () => {
    await using mute = await faultProxy({ target: server });
    mute.blackHole();
    const { host, port } = mute;
    for (const limits of [
      {},
      { connectTimeout: 1_000, commandTimeout: 1_000 },
      { connectTimeout: 500 },
      { commandTimeout: 300 },
    ])
      for (const tls of [{}, { tls: true }]) {
        const options = { host, port, ...tls, ...limits };
        const error: unknown = await redis(options)
          .connect()
          .catch((thrown: unknown) => thrown);
        expect(error, JSON.stringify(options)).toMatchObject({ code: "CONNECT_TIMEOUT" });
      }
    // TLS to a server that speaks none.
    const { port: plain } = server;
    await expect(redis({ host, port: plain, tls: true }).connect()).rejects.toMatchObject({ code: "CONNECT_TIMEOUT" });
  }, 60_000);

  it("is checked: unknown parameters, contradictions and impossible combinations are refused together", () => {
    const problemsOf = (options: unknown): unknown => {
      try {
        redis(options as RedisOptions);
        return undefined;
      } catch (error) {
        return isPoolError(error, "INVALID_OPTIONS") ? error.details.problems : error;
      }
    };
    expect(problemsOf({ url: "http://x" })).toEqual(["url must begin with redis:// or rediss://"]);
    expect(problemsOf({ url: "redis://h/0?tls=true" })).toEqual(["url takes no parameters: they are options"]);
    expect(problemsOf({ url: "redis://h/zero" })).toHaveLength(1);
    expect(problemsOf({ url: "rediss://h", tls: false })).toEqual(["tls false contradicts rediss://"]);
    expect(problemsOf({ path: "/s", host: "h", tls: true })).toHaveLength(2);
    expect(problemsOf({ hots: "h" })).toEqual([expect.stringContaining("did you mean host?")]);
    expect(problemsOf({ tls: { rejectUnauthorized: false } })).toHaveLength(1);
    expect(problemsOf({ maxSize: 1 })).toBeUndefined();
    expect(problemsOf({ maxSize: 1, minIdle: 2 })).toHaveLength(1);
    const start = performance.now();
    problemsOf({ url: `redis://${"a@".repeat(32_000)}` });
    problemsOf({ url: `redis://${"%".repeat(16_000)}@h` });
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("as whom", () => {
  it("a refusal is told as one at once, and shows no password in error, dump or DEBUG output", async () => {
    const wrong = await outcomeOf({ url: server.url, password: "not the secret" });
    expect(wrong).toMatch(/^ACCESS_DENIED: auth: redis "redis": \w+ failed: WRONGPASS/);
    expect(wrong).not.toContain("not the secret");
    const refused: unknown = await redis({ url: server.url, password: "not the secret" })
      .connect()
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "ACCESS_DENIED", details: { reply: "WRONGPASS" } });
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain("not the secret");
    expect(await outcomeOf({ host: server.host, port: server.port })).toMatch(/^ACCESS_DENIED: auth: .*NOAUTH/);
    const program = `const { redis } = await import("@pool/redis");
      const connector = await redis({ url: ${JSON.stringify(server.url)}, name: "debugged" }).connect();
      await connector.client.ioredis().ping();
      await connector.disconnect();`;
    const args = [...process.execArgv, "--input-type=module", "--eval", program];
    const env = { ...process.env, DEBUG: "ioredis:*", DEBUG_COLORS: "0" };
    const { stderr } = await promisify(execFile)(process.execPath, args, { env, cwd: import.meta.dirname });
    expect(stderr).toContain("ioredis:redis");
    expect(stderr).toMatch(/write command.*(hello|auth)/);
    expect(stderr).not.toContain(server.password);
  });

  it("a password that is rotated costs no restart: it is asked for again when the old one is refused", async () => {
    await admin.redis.acl("SETUSER", "worker", "on", ">first secret", "~*", "&*", "+@all");
    let password = "first secret";
    const asked: boolean[] = [];
    const connector = await redis({
      host: server.host,
      port: server.port,
      user: "worker",
      password: async ({ refresh }) => {
        asked.push(refresh);
        // A cache that is behind, until it is told to look again.
        if (refresh) password = "second secret";
        return { user: "worker", password };
      },
    }).connect();
    await admin.redis.acl("SETUSER", "worker", "resetpass", ">second secret");
    await admin.redis.call("CLIENT", "KILL", "USER", "worker");
    await sleep(50);
    const answers = await Promise.all(Array.from({ length: 20 }, () => connector.client.call("PING")));
    expect(answers).toEqual(Array(20).fill("PONG"));
    expect(await connector.client.use((lent) => lent.ping())).toBe("PONG");
    expect(asked).toContain(true);
    await connector.disconnect();
  });

  it("what a user may not do is told as denied, and what is out of order by its class", async () => {
    await admin.redis.acl("SETUSER", "reader", "on", ">reader secret", "~*", "+@read", "+ping", "+info", "+client");
    await using connector = await redis({ url: server.url, user: "reader", password: "reader secret" }).connect();
    const classOf = async (work: Promise<unknown>) => {
      const error: unknown = await work.catch((reason: unknown) => reason);
      return [isPoolError(error) && error.code, connector.classify?.(error)];
    };
    const { client } = connector;
    expect(await classOf(client.call("SET", "a", "b"))).toEqual(["ACCESS_DENIED", "auth"]);
    expect(await classOf(client.call("GET"))).toEqual(["COMMAND_FAILED", "syntax"]);
    expect(await classOf(client.call("MULTI"))).toEqual(["INVALID_ARGUMENT", "syntax"]);
    expect(await classOf(redis({ port: 1, maxRetries: 0 }).connect())).toEqual(["CONNECT_FAILED", "connection"]);
    const all = await redis({ url: server.url }).connect();
    await all.client.call("CONFIG", "SET", "maxmemory", "1");
    expect(await classOf(all.client.call("SET", "a", "b"))).toEqual(["OUT_OF_RESOURCES", "overload"]);
    await all.client.call("CONFIG", "SET", "maxmemory", "0");
    await all.client.call("REPLICAOF", "127.0.0.1", "1");
    expect(await classOf(all.client.call("SET", "a", "b"))).toEqual(["READ_ONLY", "transient"]);
    await all.client.call("REPLICAOF", "NO", "ONE");
    await all.disconnect();
  });
});

describe("a user who may do little", () => {
  it("connects, is healthy, lends and blocks: what it may not ask is done without", async () => {
    const may = "+get +set +blpop +rpush +subscribe +watch +multi +exec".split(" ");
    await admin.redis.acl("SETUSER", "narrow", "on", ">narrow secret", "~*", "&*", ...may);
    vi.spyOn(console, "warn").mockImplementation(() => undefined); // ioredis says that it may not ask for INFO
    await using connector = await redis({
      url: server.url,
      ...{ user: "narrow", password: "narrow secret", validateIfIdleFor: 1, maxSize: 2 },
    }).connect();
    const { client } = connector;
    expect(await client.commands.set("narrow", "1")).toBe("OK");
    await sleep(20);
    expect(await client.commands.get("narrow")).toBe("1");
    expect(await connector.healthCheck()).toMatchObject({ healthy: true });
    expect(await client.use((lent) => lent.get("narrow"))).toBe("1");
    await client.use(() => sleep(20));
    expect(await client.watch("narrow", (_, multi) => multi.get("narrow"))).toEqual([[null, "1"]]);
    const { signal } = new AbortController();
    const popped = client.commands.with({ signal }).blpop("narrow:queue", 0);
    await client.commands.rpush("narrow:queue", "first");
    expect(await popped).toEqual(["narrow:queue", "first"]);
    // Nor may it ask the server to let a command go: its connection is closed instead.
    const reason = new Error("enough");
    const leaving = new AbortController();
    const waiting = client.commands.with({ signal: leaving.signal }).blpop("narrow:queue", 0);
    setTimeout(() => leaving.abort(reason), 50);
    await expect(waiting).rejects.toBe(reason);
    expect(client.dedicated.stats.totals.closedBy).toMatchObject({ "validate-failed": 0, "reset-failed": 0 });
    await using _ = await client.subscribe("narrow", () => undefined);
  });
});

describe("Sentinel", { timeout: 60_000 }, () => {
  it("that says nothing is asked by two at most, and by none any more after the disconnect", async () => {
    const server = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    using sockets = watchSockets(port);
    const sentinel = { hosts: [`127.0.0.1:${port}`], name: "main" };
    const connector = await redis({ sentinel, lazy: true, minIdle: 0, commandTimeout: 3_500 }).connect();
    let most = 0;
    const looking = setInterval(() => (most = Math.max(most, sockets.open)), 10);
    await expect(connector.client.call("PING")).rejects.toMatchObject({ code: "COMMAND_TIMEOUT" });
    clearInterval(looking);
    expect(sockets.startedAt.length).toBeGreaterThan(2);
    expect(most).toBeLessThanOrEqual(3); // one that is called off may close as the next one begins
    await connector.disconnect({ timeout: 0 });
    await expect.poll(() => sockets.open).toBe(0);
    server.close();
  });

  it("says where the master is, also after a failover", async () => {
    await using master = await startRedis({ own: true });
    await using replica = await startRedis({ replicaOf: master });
    await using sentinel = await startRedisSentinel({ master });
    await using replicaAdmin = new Admin(replica);
    await using masterAdmin = new Admin(master);
    const role = async (one: Admin): Promise<unknown> => ((await one.redis.call("ROLE")) as unknown[])[0];
    await expect
      .poll(async () => ((await replicaAdmin.redis.call("ROLE")) as unknown[])[3], { timeout: 20_000 })
      .toBe("connected");
    const { host, port, name } = sentinel;
    const connector = await redis({
      sentinel: { hosts: [`${host}:${port}`], name, password: sentinel.password },
      password: master.password,
      commandTimeout: 1_000,
      acquireTimeout: 1_000,
    }).connect();
    const { client } = connector;
    expect(await client.commands.set("kept", "1")).toBe("OK");
    const states: string[] = [];
    using _ = onEvent("connector:state", ({ to }) => states.push(to));
    await masterAdmin.redis.wait(1, 1_000);
    await master.kill();
    await expect.poll(() => role(replicaAdmin), { timeout: 30_000 }).toBe("master");
    await sleep(1_500);
    expect(await client.commands.set("kept", "2")).toBe("OK");
    expect(await client.use((lent) => lent.get("kept"))).toBe("2");
    const handed = client.ioredis();
    expect(await handed.get("kept")).toBe("2");
    const shown = { depth: 9, showHidden: true, getters: true };
    for (const part of [handed, handed.options, handed.duplicate().options, Reflect.get(handed, "connector")])
      expect(inspect(part, shown) + JSON.stringify(handed.options)).not.toContain(sentinel.password);
    expect(inspect(connector.config, shown)).not.toContain(sentinel.password);
    expect(await replicaAdmin.redis.get("kept")).toBe("2");
    await connector.disconnect();
  });

  it("a server that takes no writes any more is reconnected to", async () => {
    await using one = await startRedis({ own: true });
    await using two = await startRedis({ own: true });
    await using oneAdmin = new Admin(one);
    await using twoAdmin = new Admin(two);
    await twoAdmin.redis.config("SET", "requirepass", one.password);
    let target = one;
    await using first = await faultProxy({
      target: {
        get port() {
          return target.port;
        },
        host: "127.0.0.1",
      },
    });
    const connector = await redis({ host: first.host, port: first.port, password: one.password, minIdle: 0 }).connect();
    const { client } = connector;
    await client.use((lent) => lent.ping());
    const before = await oneAdmin.count();
    await oneAdmin.redis.call("REPLICAOF", "127.0.0.1", "1");
    await expect(client.commands.set("a", "1")).rejects.toMatchObject({ code: "READ_ONLY" });
    await expect.poll(() => client.commands.get("a")).toBeNull();
    // The shared one is new, and the pool's idle one is gone.
    await expect.poll(() => oneAdmin.count()).toBe(before - 1);
    expect(client.dedicated.stats.totals.closedBy.evicted).toBe(1);
    target = two;
    await oneAdmin.redis.call("REPLICAOF", "NO", "ONE");
    expect(await client.commands.set("a", "1")).toBe("OK");
    await connector.disconnect();
  });
});
