import {
  type EtcdCluster,
  type EtcdServer,
  faultProxy,
  type FaultProxy,
  LagWatch,
  mostPerSecond,
  type Operation,
  SteadyLoad,
  summarize,
  tell,
  watchSockets,
} from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { etcd, type EtcdOptions } from "../../src/index.js";
import { until } from "../support.js";
import { expectExact, type Kind, KINDS, operate, prepare } from "./ledger.js";

/** What a fault is done to. */
export interface Scene {
  readonly server: EtcdServer;
  readonly proxy: FaultProxy;
  /** Where there is more than one member. */
  readonly cluster: EtcdCluster | undefined;
}

/** A kind of fault, and what it may cost. */
export interface FaultKind {
  readonly name: string;
  begin(scene: Scene): unknown;
  end?(scene: Scene): unknown;
  /** From the end of the fault until every new operation succeeds, in ms. @default 1_000 */
  readonly recoversWithin?: number;
  /** Most operations that it may cost altogether. Default: any number while it lasts. */
  readonly costsAtMost?: number;
  /** Most connects in any second while it lasts. @default 20 */
  readonly connectsAtMost?: number;
  readonly options?: EtcdOptions;
}

export interface Run {
  /** How long it lasts, in ms. */
  readonly lasts: number;
  readonly rate?: number;
}

const CALL_TIMEOUT = 1_000;
// The promise is 50 ms, where there is CPU to spare; the report has the figure. What a shared machine must show is that nobody waits for one
// more timeout.
const SLACK = 900;
/** A server that takes so long for one answer, in ms, is short of CPU. */
const BUSY = 100;

/** What a fault may be told as; all else is a fault of ours. */
const KNOWN: ReadonlySet<string> = new Set(["COMMAND_TIMEOUT", "UNAVAILABLE", "OUTCOME_UNKNOWN", "QUEUE_FULL"]);

/** Puts a client under a steady load, has the fault befall it, and checks everything that must hold for every fault. */
export async function underFault(
  where: { readonly server: EtcdServer; readonly cluster?: EtcdCluster },
  fault: FaultKind,
  { lasts, rate = 60 }: Run,
): Promise<void> {
  const { server, cluster } = where;
  // A proxy in front of each member: so the connects that go through them are the client's alone.
  const proxies = await Promise.all((cluster?.members ?? [server]).map((target) => faultProxy({ target })));
  const [proxy] = proxies;
  if (proxy === undefined) throw new Error("a cluster without members");
  const endpoints = proxies.map(({ host, port }) => `${host}:${String(port)}`);
  const watches = proxies.map(({ port }) => watchSockets(port));
  using lag = new LagWatch();
  const connector = await etcd({
    endpoints,
    callTimeout: CALL_TIMEOUT,
    ...fault.options,
  }).connect();
  const { client } = connector;
  await prepare(client);
  const scene: Scene = { server, proxy, cluster };
  const probes = new Probes(server);
  const load = new SteadyLoad<Kind>((id, kind) => operate(client, id, kind), { rate, kinds: KINDS });
  await sleep(400);
  const beganAt = performance.now();
  await fault.begin(scene);
  const begunAt = performance.now();
  await sleep(lasts);
  await fault.end?.(scene);
  const endedAt = performance.now();
  const { recoversWithin = 1_000 } = fault;
  await sleep(recoversWithin + 600);
  const operations = await load.stop(8_000);
  await probes.stop();
  const during = watches.flatMap(({ startedAt }) => startedAt.filter((time) => time >= beganAt && time <= endedAt));
  const closingSince = performance.now();
  await connector.disconnect({ timeout: 0 });
  const closedIn = performance.now() - closingSince;

  const failed = operations.filter(({ outcome }) => outcome !== "ok");
  // A step of a counter is two calls.
  const overOf = (operation: Operation): number =>
    operation.settledAt -
    operation.startedAt -
    CALL_TIMEOUT * (operation.kind === "swap" ? 2 : 1) -
    lag.within(operation);
  const worstOver = Math.max(...operations.map(overOf));
  const recovery = Math.max(0, ...failed.map(({ startedAt }) => startedAt - endedAt));
  const slowness = probes.slowestSince(endedAt);
  const figures = [
    `failed ${String(failed.length)} of ${String(operations.length)} (${summarize(failed)})`,
    `latest settled ${String(Math.round(worstOver))} ms from its limit`,
    `recovery ${String(Math.round(recovery))} ms`,
    `connects/s ${String(mostPerSecond(during))}`,
    `close ${String(Math.round(closedIn))} ms`,
    `the server itself took up to ${String(Math.round(slowness))} ms`,
  ];
  tell(`${fault.name}, ${String(lasts)} ms: ${figures.join(" · ")}`);

  expect(operations.length).toBeGreaterThan(40);
  expect(worstOver, "every call settles within its timeout").toBeLessThanOrEqual(SLACK);
  expect(failed.filter(({ outcome }) => !KNOWN.has(outcome))).toEqual([]);
  expect(recovery, `failed late: ${String(failed.at(-1)?.message)}`).toBeLessThanOrEqual(recoversWithin + 6 * slowness);
  // More are on their way when it begins where answers come late, and it is heard of later.
  const { costsAtMost = Infinity } = fault;
  const late = probes.slowestSince(beganAt) + lag.within({ startedAt: beganAt, settledAt: endedAt });
  const heardAt = costsAtMost === 0 ? -Infinity : begunAt + late;
  const costs = failed.filter(({ startedAt }) => startedAt > heardAt);
  const others = costsAtMost === 0 ? 0 : (rate * late) / 1_000;
  if (late < BUSY || costsAtMost > 0) expect(costs.length, summarize(failed)).toBeLessThanOrEqual(costsAtMost + others);
  expect(mostPerSecond(during)).toBeLessThanOrEqual(fault.connectsAtMost ?? 20);
  expect(closedIn, "close settles within 5 s").toBeLessThan(5_000);
  expect(connector.gauges).toEqual({});
  await until("no socket is left", () => watches.every(({ open }) => open === 0), 5_000);
  for (const watch of watches) watch[Symbol.dispose]();
  await Promise.all(proxies.map((one) => one[Symbol.asyncDispose]()));
  await expectExact(cluster?.urls ?? server.url, operations);
}

/** How long the server takes to answer somebody else, past every fault of the line: a machine that is busy adds that to each call. */
class Probes {
  readonly #took: { readonly at: number; readonly ms: number }[] = [];
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(server: EtcdServer) {
    this.#running = this.#run(server);
  }

  slowestSince(time: number): number {
    return Math.max(0, ...this.#took.filter(({ at }) => at >= time).map(({ ms }) => ms));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(server: EtcdServer): Promise<void> {
    while (!this.#stopped) {
      const at = performance.now();
      // One that is down or frozen says nothing, and that does not count.
      const asked = server.call("kv/range", { key: "YQ==" }).then(() => true);
      asked.catch(() => undefined);
      const answered = await Promise.race([asked.catch(() => false), sleep(1_000, false)]);
      if (answered) this.#took.push({ at, ms: performance.now() - at });
      await sleep(100);
    }
  }
}
