import { setTimeout as sleep } from "node:timers/promises";
import {
  faultProxy,
  LagWatch,
  mostPerSecond,
  startEtcd,
  SteadyLoad,
  summarize,
  tell,
  watchSockets,
} from "@pool/testing";
import { expect, it } from "vitest";
import { etcd } from "../../src/index.js";
import { expectExact, type Kind, operate, prepare } from "./ledger.js";

const SECONDS = 2;
const KINDS: readonly Kind[] = ["read", "write"];

// Alone in its process, since heap and CPU are measured: two ways of being down, one that refuses and one that is silent.
it.each(["refuses", "says nothing"])(
  "under 1000 operations a second while the server %s, connects, queue, memory and CPU stay bounded",
  { timeout: 60_000 },
  async (how) => {
    await using server = await startEtcd({ own: true });
    await using proxy = await faultProxy({ target: server });
    using sockets = watchSockets(proxy.port);
    using lag = new LagWatch();
    const options = { callTimeout: 1_000, maxInFlight: 100, maxWaiting: 200 };
    const connector = await etcd({ endpoints: `${proxy.host}:${String(proxy.port)}`, ...options }).connect();
    const { client } = connector;
    await prepare(client);
    if (how === "refuses") await proxy.refuse();
    else proxy.hang();
    proxy.reset();
    const load = new SteadyLoad<Kind>((id, kind) => operate(client, id, kind), { rate: 1_000, kinds: KINDS });
    await sleep(1_000); // the first second is of the change, and of warming up
    globalThis.gc?.();
    const heap = process.memoryUsage().heapUsed;
    const cpu = process.cpuUsage();
    const from = performance.now();
    let mostWaiting = 0;
    while (performance.now() - from < SECONDS * 1_000) {
      mostWaiting = Math.max(mostWaiting, connector.gauges?.queued ?? 0);
      await sleep(10);
    }
    const spent = process.cpuUsage(cpu);
    const used = (spent.user + spent.system) / 1_000 / (performance.now() - from);
    const connects = mostPerSecond(sockets.startedAt.filter((time) => time >= from));
    const operations = await load.stop(8_000);
    const during = operations.filter(({ startedAt }) => startedAt >= from);
    const told = summarize(during.filter(({ outcome }) => outcome !== "ok"));
    const over = Math.max(...during.map((each) => each.settledAt - each.startedAt - 1_000 - lag.within(each)));
    globalThis.gc?.();
    const growth = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
    tell(
      `${how}: ${String(during.length)} operations, ${told} · connects/s ${String(connects)} · waiting ≤ ${String(mostWaiting)} · ` +
        `heap ${growth.toFixed(1)} MB · CPU ${(used * 100).toFixed(0)} % · latest settled ${String(Math.round(over))} ms from its limit`,
    );
    expect(during.length).toBeGreaterThan(SECONDS * 400);
    expect(during.filter(({ outcome }) => outcome === "ok")).toEqual([]);
    expect(connects).toBeLessThanOrEqual(20);
    expect(mostWaiting).toBeLessThanOrEqual(200);
    expect(over).toBeLessThanOrEqual(900);
    // What the load itself has written down of each operation is in it.
    expect(growth).toBeLessThanOrEqual(16);
    expect(used).toBeLessThanOrEqual(0.6);
    if (how === "says nothing") expect(during.map(({ outcome }) => outcome)).toContain("QUEUE_FULL");
    await proxy.heal();
    await connector.disconnect();
    await expectExact(server.url, operations);
  },
);
