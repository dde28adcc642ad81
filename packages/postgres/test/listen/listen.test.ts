import { readPoolOptions } from "@pool/core";
import { faultProxy, sharedPostgres, startPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createListener, type Gap, type Listener, type ListenerSettings } from "../../src/listen/listener.js";
import { dialerOf, recordingDialer } from "../shared/support.js";

const opened: Listener[] = [];

function open(url: string, settings: Partial<ListenerSettings> = {}): Listener {
  const pool = readPoolOptions({ validateTimeout: 300 }, "postgres");
  const listener = createListener({
    name: "test",
    dialer: dialerOf(url),
    poolMode: "session",
    keepAlive: 1_000,
    pool,
    ...settings,
  });
  opened.push(listener);
  return listener;
}

const notify = (server: PostgresServer, channel: string, payload: string): Promise<unknown> =>
  server.sql(`select pg_notify('${channel.replaceAll("'", "''")}', '${payload}')`, {
    database: new URL(server.url).pathname.slice(1),
  });

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

afterEach(async () => {
  await Promise.all(opened.splice(0).map((listener) => listener.close(2_000)));
});

describe("listen", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await sharedPostgres();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  it("delivers what is sent after it has resolved, in order, and nothing after unlisten", async () => {
    const listener = open(server.url);
    const got: string[] = [];
    const subscription = await listener.listen("orders", (payload) => got.push(payload));
    for (let n = 0; n < 20; n++) await notify(server, "orders", String(n));
    await expect.poll(() => got.length).toBe(20);
    expect(got).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
    await subscription.unlisten();
    await notify(server, "orders", "late");
    expect(got).toHaveLength(20);
  });

  it("takes a channel's name as it is, and refuses what the server would cut", async () => {
    const listener = open(server.url);
    const got: string[] = [];
    const names = ["UPPER", 'quo"te', "with space", "x".repeat(63), "é".repeat(31), "select 1; drop table a"];
    for (const name of names) await listener.listen(name, (_payload, { channel }) => got.push(channel));
    for (const name of names) await notify(server, name, "");
    await expect.poll(() => got).toEqual(names);
    for (const name of ["", "nul\0", "x".repeat(64), "é".repeat(32), 7, null])
      await expect(listener.listen(name as string, () => undefined)).rejects.toThrow(code("INVALID_ARGUMENT"));
    for (const options of [null, "onGap", 7])
      await expect(listener.listen("a", () => undefined, options as never)).rejects.toThrow(
        "options must be an object",
      );
    await expect(listener.listen("a", () => undefined, { onGab: 1 } as never)).rejects.toThrow(/onGab/);
  });

  it("uses one connection for all channels, opened with the first and closed with the last", async () => {
    const listener = open(`${server.url}?application_name=one_line`);
    const backends = (): Promise<unknown[]> =>
      server.sql("select 1 from pg_stat_activity where application_name = 'one_line'");
    expect(await backends()).toHaveLength(0);
    const all = await Promise.all(["a", "b", "b", "c"].map((channel) => listener.listen(channel, () => undefined)));
    expect(await backends()).toHaveLength(1);
    expect(listener.stats).toEqual({ channels: 3, subscriptions: 4, isListening: true });
    for (const subscription of all) await subscription[Symbol.asyncDispose]();
    await expect.poll(backends).toHaveLength(0);
    const got = vi.fn();
    await listener.listen("a", got);
    await notify(server, "a", "again");
    await expect.poll(() => got.mock.calls.length).toBe(1);
  });

  it("keeps the failures of a handler to itself", async () => {
    const listener = open(server.url);
    const errors: unknown[] = [];
    const got = vi.fn();
    const onError = (error: unknown): void => void errors.push((error as Error).message);
    await listener.listen(
      "f",
      () => {
        throw new Error("thrown");
      },
      { onError },
    );
    await listener.listen(
      "f",
      async () => {
        throw new Error("rejected");
      },
      {
        onError: (error) => {
          onError(error);
          throw new Error("again");
        },
      },
    );
    await listener.listen("f", got);
    const warning = new Promise<Error>((resolve) => process.once("warning", resolve));
    await notify(server, "f", "x");
    await expect.poll(() => got.mock.calls.length).toBe(1);
    expect((await warning).message).toContain("again");
    expect(errors).toEqual(["thrown", "rejected"]);
  });

  it("is refused behind a PgBouncer in transaction mode, after close, and when aborted", async () => {
    await expect(open(server.url, { poolMode: "transaction" }).listen("a", () => undefined)).rejects.toThrow(
      /poolMode "transaction"/,
    );
    const listener = open(server.url);
    await expect(
      listener.listen("a", () => undefined, { signal: AbortSignal.abort(new Error("gone")) }),
    ).rejects.toThrow("gone");
    await listener.close(1_000);
    await expect(listener.listen("a", () => undefined)).rejects.toThrow(code("POOL_CLOSED"));
  });

  it("says that it cannot listen when nobody answers, and closes meanwhile", async () => {
    const listener = open("postgres://u:p@127.0.0.1:1/d");
    await expect(listener.listen("a", () => undefined)).rejects.toThrow(code("UNAVAILABLE"));
    const waiting = expect(listener.listen("a", () => undefined)).rejects.toThrow(code("POOL_CLOSED"));
    await listener.close(1_000);
    await waiting;
  });
});

describe("an outage", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ own: true });
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  const faults: [string, () => Promise<void>][] = [
    [
      "kill -9 and a restart",
      async () => {
        await server.kill();
        await server.start();
      },
    ],
    ["an orderly restart", async () => await server.restart()],
    [
      "a backend that is terminated",
      async () => {
        await server.sql(
          "select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%' or query = 'SELECT 1'",
        );
      },
    ],
    [
      "a frozen server",
      async () => {
        await server.freeze();
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        await server.thaw();
      },
    ],
  ];
  it.each(faults)("by %s is told once to each, and what comes afterwards arrives", async (_name, fault) => {
    const listener = open(server.url);
    const gaps: Gap[] = [];
    const order: string[] = [];
    for (const channel of ["a", "b"])
      await listener.listen(channel, (payload) => order.push(`${channel} ${payload}`), {
        onGap: (gap) => {
          gaps.push(gap);
          order.push(`gap ${channel}`);
        },
      });
    const before = new Date();
    await fault();
    await expect.poll(() => gaps.length, { timeout: 8_000 }).toBe(2);
    await notify(server, "a", "1");
    await notify(server, "b", "2");
    await expect.poll(() => order).toEqual(["gap a", "gap b", "a 1", "b 2"]);
    expect(gaps[0]!.since.getTime()).toBeLessThanOrEqual(gaps[0]!.until.getTime());
    expect(gaps[0]!.until.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(gaps[0]!.cause).toBeInstanceOf(Error);
  });

  it("by a black hole or a half-open link is noticed, and over soon after it ends", async () => {
    await using proxy = await faultProxy({ target: server });
    const listener = open(proxy.url(server.url));
    const gaps: Gap[] = [];
    await listener.listen("a", () => undefined, { onGap: (gap) => gaps.push(gap) });
    proxy.halfOpen();
    await expect.poll(() => gaps.length, { timeout: 4_000 }).toBe(1);
    proxy.blackHole();
    await expect.poll(() => listener.stats.isListening, { timeout: 4_000 }).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await proxy.heal();
    await expect.poll(() => gaps.length, { timeout: 1_500 }).toBe(2);
    expect(gaps[1]!.since.getTime()).toBeGreaterThanOrEqual(gaps[0]!.until.getTime() - 50);
  });

  it("by connects that take long leaves one connection when it is over, and none after close", async () => {
    await using proxy = await faultProxy({ target: server });
    proxy.latency(300);
    const pool = readPoolOptions({ validateTimeout: 2_000 }, "postgres");
    const listener = open(`${proxy.url(server.url)}?application_name=slow`, { pool });
    const backends = async (): Promise<number> =>
      (await server.sql("select from pg_stat_activity where application_name = 'slow'")).length;
    await listener.listen("a", () => undefined);
    // A second one was tried after a second: the first might have hung.
    await expect.poll(() => proxy.stats.opened, { timeout: 3_000 }).toBeGreaterThan(1);
    await expect.poll(backends, { timeout: 3_000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await backends()).toBe(1);
    await listener.close(2_000);
    await expect.poll(backends, { timeout: 3_000 }).toBe(0);
    expect(proxy.stats.open).toBe(0);
  });

  it("does not keep close waiting: a silent peer is cut off, and the server has nothing left of it", async () => {
    await using proxy = await faultProxy({ target: server });
    const { dialer, dialled } = recordingDialer(`${proxy.url(server.url)}?application_name=silent`);
    const listener = open(server.url, { dialer });
    await listener.listen("a", () => undefined);
    proxy.blackHole();
    const before = performance.now();
    await listener.close(2_000);
    expect(performance.now() - before).toBeLessThan(2_500);
    expect(dialled[0]!.client.connection.stream.destroyed).toBe(true);
    await proxy[Symbol.asyncDispose](); // what the black hole keeps from the server is that the client has gone
    await expect
      .poll(() => server.sql("select 1 from pg_stat_activity where application_name = 'silent'"), { timeout: 5_000 })
      .toEqual([]);
  });
});
