import { faultProxy, LagWatch, mostPerSecond, startRedis, tell, watchSockets } from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { redis } from "../../src/index.js";
import { Admin } from "../support.js";
import { summary } from "./harness.js";
import { expectExact } from "./ledger.js";
import { Load } from "./load.js";

const SECONDS = 4;
const MAX_QUEUED = 500;

// Alone in its process, since heap and CPU are measured: two ways of being down, one that refuses and one that is silent.
it.each(["refuses", "says nothing"])(
  "under 1000 operations a second while the server %s, connects, queue, memory and CPU stay bounded",
  async (how) => {
    await using server = await startRedis({ own: true });
    await using admin = new Admin(server);
    await using proxy = await faultProxy({ target: server });
    using sockets = watchSockets(proxy.port);
    using lag = new LagWatch();
    const limits = { commandTimeout: 1_000, connectTimeout: 1_000, maxQueued: MAX_QUEUED };
    const connector = await redis({ url: proxy.url(server.url), ...limits }).connect();
    const { client } = connector;
    if (how === "refuses") await proxy.refuse();
    else proxy.hang();
    proxy.reset();
    const load = new Load(client, { rate: 1_000, kinds: ["write", "read", "multi"] });
    await sleep(1_000); // the first second is of the change, and of warming up
    globalThis.gc?.();
    const heap = process.memoryUsage().heapUsed;
    const cpu = process.cpuUsage();
    const from = performance.now();
    let mostQueued = 0;
    while (performance.now() - from < SECONDS * 1_000) {
      mostQueued = Math.max(mostQueued, connector.gauges?.queued ?? 0);
      await sleep(10);
    }
    const spent = process.cpuUsage(cpu);
    const used = (spent.user + spent.system) / 1_000 / (performance.now() - from);
    const connects = mostPerSecond(sockets.startedAt.filter((time) => time >= from));
    const operations = await load.stop(5_000);
    const during = operations.filter(({ startedAt }) => startedAt >= from);
    const over = Math.max(...during.map((each) => each.settledAt - each.startedAt - 1_000 - lag.within(each)));
    globalThis.gc?.();
    const growth = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
    const told = summary(during.filter(({ outcome }) => outcome !== "ok"));
    tell(
      `${how}: ${during.length} operations, ${told} · connects/s ${connects} · queued ≤ ${mostQueued} · ` +
        `heap ${growth.toFixed(1)} MB · CPU ${(used * 100).toFixed(0)} % · latest settled ${Math.round(over)} ms from its limit`,
    );
    expect(during.length).toBeGreaterThan(SECONDS * 300);
    expect(during.filter(({ outcome }) => outcome === "ok")).toEqual([]);
    expect(connects).toBeLessThanOrEqual(20);
    expect(mostQueued).toBeLessThanOrEqual(MAX_QUEUED + 3); // a MULTI is taken in whole
    expect(over).toBeLessThanOrEqual(500);
    expect(growth).toBeLessThanOrEqual(16);
    if (how === "says nothing") expect(during.map(({ outcome }) => outcome)).toContain("QUEUE_FULL");
    await proxy.heal();
    await sleep(1_500);
    const again = new Load(client, { rate: 60 });
    await sleep(500);
    const after = await again.stop(5_000);
    expect(after.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
    await connector.disconnect();
    await expectExact(admin, [...operations, ...after]);
  },
  60_000,
);
