import { faultProxy, startPostgres, watchSockets, type FaultProxy, type PostgresServer } from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { postgres, type PostgresClient, type PostgresOptions } from "../src/index.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ own: true });
});
afterAll(async () => await server[Symbol.asyncDispose]());

async function open(proxy: FaultProxy, options: Partial<PostgresOptions> = {}): Promise<PostgresClient> {
  const connector = await postgres({ url: proxy.url(server.url), minIdle: 0, ...options }).connect();
  onTestFinished(() => connector.disconnect({ timeout: 0 }));
  return connector.client;
}

describe("on a line that brings no more answers", () => {
  test("a shared statement that was given up is cancelled a few times, whoever waits behind it", async () => {
    await using proxy = await faultProxy({ target: server });
    using sockets = watchSockets(proxy.port);
    const client = await open(proxy, { queryTimeout: 4_000 });
    await client.shared.query("select 1");
    const given = client.shared.query("select 1 /* given up */", [], { signal: AbortSignal.timeout(100) });
    proxy.halfOpen();
    const behind = client.shared.query("select 2");
    await expect(given).rejects.toThrow();
    await expect(behind).rejects.toMatchObject({ code: "QUERY_TIMEOUT" });
    // The one it had, one to take its place, and cancels with pauses of 0.1, 0.4 and 1.6 s.
    expect(sockets.startedAt.length).toBeLessThan(10);
  });

  test("statements of a pool that timed out are cancelled a few times each", async () => {
    const size = 10;
    await using proxy = await faultProxy({ target: server });
    using sockets = watchSockets(proxy.port);
    const client = await open(proxy, { maxSize: size, minIdle: size, queryTimeout: 500 });
    const asked = Array.from({ length: size }, () => client.query("select pg_sleep(0.4)"));
    await sleep(250);
    const before = sockets.startedAt.length;
    proxy.halfOpen();
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    // Three cancels, and a connection in its place.
    expect(sockets.startedAt.length - before).toBeLessThanOrEqual(4 * size);
  });
});

test("a cancel that nobody answers ends with the connector", async () => {
  await using proxy = await faultProxy({ target: server });
  using sockets = watchSockets(proxy.port);
  const connector = await postgres({ url: proxy.url(server.url), minIdle: 0, closeTimeout: 5_000 }).connect();
  await connector.client.shared.query("select 1");
  proxy.hang(); // what is opened from here on: the cancel
  await connector.client.shared.query("select pg_sleep(0.4)", [], { signal: AbortSignal.timeout(100) }).catch(() => 0);
  await sleep(400); // it has ended by itself, and its connection with it
  expect(sockets.open).toBeGreaterThan(0);
  await connector.disconnect();
  expect(sockets.open).toBe(0);
});

describe("on a slow line", () => {
  test("there are not more shared connections than asked for, though each takes a second to open", async () => {
    await using proxy = await faultProxy({ target: server });
    proxy.latency(300);
    using sockets = watchSockets(proxy.port);
    const client = await open(proxy, { queryTimeout: 20_000, connectTimeout: 20_000 });
    await client.shared.query("select 1");
    expect(sockets.startedAt.length).toBeGreaterThan(1); // the first might have hung
    await sleep(1_500);
    expect(client.shared.stats.connections).toBe(1);
    const backends = await server.sql(
      "select from pg_stat_activity where backend_type = 'client backend' and query = 'select 1'",
    );
    expect(backends).toHaveLength(1);
  });

  test("what may have been missed is told from when the last answer was asked for", async () => {
    await using proxy = await faultProxy({ target: server });
    const client = await open(proxy, { listenKeepAlive: 1_000 });
    const gaps: { since: Date; until: Date }[] = [];
    await client.listen("news", () => undefined, { onGap: (gap) => gaps.push(gap) });
    proxy.latency(700, { direction: "downstream", on: "existing" });
    const slowFrom = Date.now();
    await sleep(1_900); // in it the answer to a keep-alive has come, after 700 ms
    proxy.reset();
    const cutAt = Date.now();
    await proxy.heal();
    await expect.poll(() => gaps.length, { timeout: 5_000 }).toBe(1);
    const since = gaps[0]!.since.getTime();
    // What was sent in the last 700 ms before the cut was still on its way.
    expect(since).toBeLessThanOrEqual(cutAt - 700);
    expect(since).toBeGreaterThanOrEqual(slowFrom - 1_000);
  });

  test("of more than a second there and back one listens, and goes on to", async () => {
    await using proxy = await faultProxy({ target: server });
    proxy.latency(550);
    const client = await open(proxy, { listenKeepAlive: 1_000, connectTimeout: 20_000, acquireTimeout: 20_000 });
    const heard: string[] = [];
    const gaps: unknown[] = [];
    await client.listen("slow", (payload) => heard.push(payload), { onGap: (gap) => gaps.push(gap) });
    const database = new URL(server.url).pathname.slice(1);
    for (let nth = 0; nth < 2; nth++) {
      await server.sql(`select pg_notify('slow', '${String(nth)}')`, { database });
      await sleep(1_000);
    }
    await expect.poll(() => heard, { timeout: 3_000 }).toEqual(["0", "1"]);
    expect(gaps).toEqual([]);
  });
});
