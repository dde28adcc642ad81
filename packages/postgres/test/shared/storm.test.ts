import { setTimeout as sleep } from "node:timers/promises";
import { isPoolError } from "@pool/core";
import { faultProxy, type PostgresServer, seededRandom, startPostgres } from "@pool/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seedOf } from "../connection/support.js";
import { dialerOf, recordingDialer, sharedOf } from "./support.js";

let server: PostgresServer;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): void => void unhandled.push(error);

beforeAll(async () => {
  process.on("unhandledRejection", onUnhandled);
  server = await startPostgres({ own: true });
  await server.sql("create table ledger (id int)");
});
afterAll(async () => {
  process.off("unhandledRejection", onUnhandled);
  await server[Symbol.asyncDispose]();
});

describe("a storm over shared connections", () => {
  it("settles every statement once with its own result, carries none out twice, and loses none that was acknowledged", async () => {
    const random = seededRandom(seedOf("shared storm"));
    const { dialer } = recordingDialer(`${server.url}?application_name=storm`);
    const options = { connections: 2, maxDepth: 32, slowAfter: 100 };
    const shared = sharedOf(server.url, { dialer, options });
    const acknowledged = new Set<number>();
    const unsent = new Set<number>();
    const outcomes = new Map<string, number>();
    const count = (key: string): void => void outcomes.set(key, (outcomes.get(key) ?? 0) + 1);

    const one = async (id: number): Promise<void> => {
      const kind = random();
      const signal = kind < 0.1 ? AbortSignal.timeout(Math.ceil(random() * 60)) : undefined;
      const timeout = kind > 0.9 ? 1 + Math.floor(random() * 80) : 10_000;
      const slow = random() < 0.01 ? 0.3 * random() : 0;
      const fails = kind > 0.3 && kind < 0.4;
      try {
        const { rows } = await shared.query<{ id: number }>(
          `insert into ledger select $1::int ${fails ? "/ 0" : ""} from pg_sleep($2) returning id`,
          [id, slow],
          { timeout, ...(signal && { signal }) },
        );
        expect(rows).toEqual([{ id }]);
        expect(fails).toBe(false);
        acknowledged.add(id);
        count("done");
      } catch (error) {
        count(isPoolError(error) ? error.code : (error as Error).name);
        if (isPoolError(error) && error.details.sent === false) unsent.add(id);
        if (fails && isPoolError(error))
          expect(["STATEMENT_FAILED", "QUERY_TIMEOUT", "RESOURCE_LOST"]).toContain(error.code);
      }
    };

    const over = new AbortController();
    const kills = (async () => {
      while (!over.signal.aborted) {
        await sleep(100 + random() * 150);
        await server.sql(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'storm' limit 1",
        );
      }
    })();
    const total = 3_000;
    let next = 0;
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        while (next < total) {
          await one(next++);
          if (random() < 0.3) await sleep(random() * 30);
        }
      }),
    );
    over.abort();
    await kills;

    const summed = [...outcomes.values()].reduce((sum, n) => sum + n, 0);
    expect(summed, JSON.stringify([...outcomes])).toBe(total);
    expect(shared.stats.queued).toBe(0);
    await expect.poll(() => shared.stats.depth, { timeout: 5_000 }).toBe(0);
    const rows = await server.sql("select id, count(*)::int as n from ledger group by id");
    const written = new Set(rows.map(({ id }) => Number(id)));
    expect(rows.filter(({ n }) => n !== "1")).toEqual([]);
    expect([...acknowledged].filter((id) => !written.has(id))).toEqual([]);
    expect([...unsent].filter((id) => written.has(id))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(total / 2);
    for (const kind of ["done", "QUERY_TIMEOUT", "RESOURCE_LOST", "STATEMENT_FAILED", "TimeoutError"])
      expect([...outcomes.keys()], JSON.stringify([...outcomes])).toContain(kind);
    await shared.close(2_000);
    await expect.poll(() => server.sql("select 1 from pg_stat_activity where application_name = 'storm'")).toEqual([]);
    expect(unhandled).toEqual([]);
  }, 60_000);
});

describe("a server that is gone", () => {
  it("costs what was sent, keeps what was not, refuses at once after three failed connects, and serves within a second of its return", async () => {
    const shared = sharedOf(server.url, { options: { maxDepth: 1 } });
    await shared.query("select 1");
    const sent = shared.query("select pg_sleep(10)");
    const queued = shared.query("select 1 as n");
    const settled = Promise.allSettled([sent, queued]);
    await server.kill();
    expect((await settled).map((outcome) => (outcome as PromiseRejectedResult).reason as unknown)).toMatchObject([
      { code: "RESOURCE_LOST", details: { sent: true } },
      { code: "UNAVAILABLE", details: { sent: false } },
    ]);
    let refusedAtOnce = 0;
    const end = performance.now() + 1_000;
    while (performance.now() < end) {
      const before = performance.now();
      await expect(shared.query("select 1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      if (performance.now() - before < 20) refusedAtOnce++;
      await sleep(5);
    }
    expect(refusedAtOnce).toBeGreaterThan(20);
    await server.start();
    await sleep(1_000);
    const asked = Array.from({ length: 20 }, (_, n) => shared.query("select $1::int as n", [n]));
    for (const [n, { rows }] of (await Promise.all(asked)).entries()) expect(rows).toEqual([{ n }]);
    await shared.close(1_000);
    expect(unhandled).toEqual([]);
  });

  it("is asked at most 20 times a second, however many wait", async () => {
    await using proxy = await faultProxy({ target: server });
    const shared = sharedOf(proxy.url(server.url));
    const dialer = dialerOf("postgres://u:p@127.0.0.1:1/d");
    const starts: number[] = [];
    const down = sharedOf(server.url, {
      dialer: { dial: (request) => (starts.push(performance.now()), dialer.dial(request)) },
    });
    const end = performance.now() + 2_000;
    while (performance.now() < end) {
      await Promise.allSettled(Array.from({ length: 20 }, () => down.query("select 1")));
      await sleep(2);
    }
    expect(starts.length).toBeGreaterThan(3);
    expect(starts.length).toBeLessThanOrEqual(40);
    await Promise.all([down.close(100), shared.close(100)]);
  });
});

describe("a link that fails silently", () => {
  it("costs no statement when it was idle and half-open", async () => {
    await using proxy = await faultProxy({ target: server });
    const shared = sharedOf(proxy.url(server.url), { pool: { validateIfIdleFor: 50, validateTimeout: 200 } });
    await shared.query("select 1");
    await sleep(100);
    proxy.halfOpen();
    await expect(shared.query("select 2 as n")).resolves.toMatchObject({ rows: [{ n: 2 }] });
    await shared.close(1_000);
  });

  it("is left by the queue after slowAfter, while what was sent waits for its timeout", async () => {
    await using proxy = await faultProxy({ target: server });
    const shared = sharedOf(proxy.url(server.url), { options: { slowAfter: 200 } });
    await shared.query("select 1");
    proxy.halfOpen();
    const sent = expect(shared.query("select 1", [], { timeout: 600 })).rejects.toMatchObject({
      code: "QUERY_TIMEOUT",
    });
    await sleep(300);
    await expect(shared.query("select 3 as n")).resolves.toMatchObject({ rows: [{ n: 3 }] });
    await sent;
    await shared.close(1_000);
  });
});
