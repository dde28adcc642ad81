import { faultProxy, LagWatch, mostPerSecond, startPostgres, summarize, tell, watchSockets } from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { postgres } from "../../src/index.js";
import { Ledger } from "./ledger.js";
import { Load } from "./load.js";

const SECONDS = 5;

// Alone in its process, since heap and CPU are measured: two ways of being down, one that refuses and one that is silent.
it.each(["refuses", "says nothing"])(
  "under 1000 operations a second while the server %s, connects, queue, memory and CPU stay bounded",
  async (how) => {
    await using server = await startPostgres({ own: true });
    const ledger = await Ledger.create(server);
    await using proxy = await faultProxy({ target: server });
    using sockets = watchSockets(proxy.port);
    using lag = new LagWatch();
    const options = { maxSize: 5, maxWaiting: 200, acquireTimeout: 1_000, queryTimeout: 1_000 };
    const connector = await postgres({ url: proxy.url(ledger.url), ...options }).connect();
    const { client } = connector;
    await client.pool.warm(5);
    if (how === "refuses") await proxy.refuse();
    else proxy.hang();
    proxy.reset();
    const load = new Load(client, { rate: 1_000 });
    await sleep(1_000); // the first second is of the change, and of warming up
    globalThis.gc?.();
    const heap = process.memoryUsage().heapUsed;
    const cpu = process.cpuUsage();
    const from = performance.now();
    let mostWaiting = 0;
    while (performance.now() - from < SECONDS * 1_000) {
      mostWaiting = Math.max(mostWaiting, client.pool.stats.waiting);
      await sleep(10);
    }
    const spent = process.cpuUsage(cpu);
    const used = (spent.user + spent.system) / 1_000 / (performance.now() - from);
    const connects = mostPerSecond(sockets.startedAt.filter((time) => time >= from));
    const operations = await load.stop(5_000);
    const during = operations.filter(({ startedAt }) => startedAt >= from);
    // What the load itself has written down of each operation is not the pool's.
    const told = { failed: summarize(during.filter(({ outcome }) => outcome !== "ok")) };
    const over = Math.max(...during.map((each) => each.settledAt - each.startedAt - 1_000 - lag.within(each)));
    globalThis.gc?.();
    const growth = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
    tell(
      `${how}: ${during.length} operations, ${told.failed} · connects/s ${connects} · waiting ≤ ${mostWaiting} · ` +
        `heap ${growth.toFixed(1)} MB · CPU ${(used * 100).toFixed(0)} % · latest settled ${Math.round(over)} ms from its limit`,
    );
    expect(during.length).toBeGreaterThan(SECONDS * 500);
    expect(during.filter(({ outcome }) => outcome === "ok")).toEqual([]);
    expect(connects).toBeLessThanOrEqual(20);
    expect(mostWaiting).toBeLessThanOrEqual(200);
    expect(over).toBeLessThanOrEqual(500);
    expect(growth).toBeLessThanOrEqual(16);
    expect(used).toBeLessThanOrEqual(0.4);
    if (how === "says nothing") expect(during.map(({ outcome }) => outcome)).toContain("QUEUE_FULL");
    await proxy.heal();
    await sleep(1_000);
    const again = new Load(client, { rate: 60 });
    await sleep(500);
    expect((await again.stop(5_000)).filter(({ outcome }) => outcome !== "ok")).toEqual([]);
    await connector.disconnect();
    await ledger.expectExact([...operations, ...again.operations]);
  },
  60_000,
);
