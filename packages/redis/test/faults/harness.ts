import {
  faultProxy,
  type FaultProxy,
  LagWatch,
  mostPerSecond,
  type RedisServer,
  tell,
  untilEqual,
  watchSockets,
} from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { redis, type RedisClient } from "../../src/index.js";
import { Admin } from "../support.js";
import { expectExact } from "./ledger.js";
import { Load, type Operation } from "./load.js";

/** What a fault is done to. */
export interface Scene {
  readonly server: RedisServer;
  readonly proxy: FaultProxy;
  readonly client: RedisClient;
  readonly admin: Admin;
}

/** A kind of fault, and what it may cost. */
export interface FaultKind {
  readonly name: string;
  begin(scene: Scene): unknown;
  end?(scene: Scene): unknown;
  /** From the end of the fault until every new operation succeeds, in ms. @default 1_000 */
  readonly recoversWithin?: number;
  /** Most operations that it may cost beside those that were on their way when it began; with 0 not those either. Default: any number while it lasts. */
  readonly costsAtMost?: number;
  /** Most connects in any second while it lasts. @default 20 */
  readonly connectsAtMost?: number;
  /** The server does not hear of a client's leaving while this lasts, so its clients are counted afterwards only. */
  readonly hidesClosing?: boolean;
  /** The server ends, so it has to write down what it acknowledges. */
  readonly endsServer?: boolean;
}

export interface RunOptions {
  /** How long it lasts, in ms. */
  readonly lasts: number;
  readonly rate?: number;
}

const LIMIT = { maxSize: 5, acquireTimeout: 1_000, commandTimeout: 1_000 } as const;
/** The pool's, the shared one, and the one that is to replace it. */
const MOST_CONNECTIONS = LIMIT.maxSize + 2;
// The promise is 50 ms, where there is CPU to spare; the report has the figure. What a shared machine must show is that nobody waits for one
// more timeout, of which the shortest here is a second.
const SLACK = 500;
/** A server that takes so long for one answer, in ms, is short of CPU. */
const BUSY = 100;
let runs = 0;

/** Puts a client under a steady load, has the fault befall it, and checks everything that must hold for every fault. */
export async function underFault(
  server: RedisServer,
  fault: FaultKind,
  { lasts, rate = 100 }: RunOptions,
): Promise<void> {
  const name = `fault-${++runs}`;
  await using admin = new Admin(server);
  await using proxy = await faultProxy({ target: server });
  using sockets = watchSockets(proxy.port);
  using lag = new LagWatch();
  const connector = redis({ url: proxy.url(server.url), name, ...LIMIT });
  // On a busy machine the very first connect takes longer than its limit, and no fault has begun.
  for (let tries = 5; !connector.isConnected; tries--)
    await connector.connect().catch((error: unknown) => {
      if (tries === 1) throw error;
    });
  const { client } = connector;
  const scene: Scene = { server, proxy, client, admin };
  const census = new Census(admin, name);
  const load = new Load(client, { rate });
  await sleep(400);
  const beganAt = performance.now();
  await fault.begin(scene);
  const begunAt = performance.now();
  await sleep(lasts);
  await fault.end?.(scene);
  const endedAt = performance.now();
  const { recoversWithin = 1_000 } = fault;
  await sleep(recoversWithin + 600);
  const operations = await load.stop(6_000);
  await census.stop();
  const during = sockets.startedAt.filter((time) => time >= beganAt && time <= endedAt);
  const closedIn = await timeOf(connector.disconnect());
  const failed = operations.filter(({ outcome }) => outcome !== "ok");
  const report = {
    worstOver: Math.max(...operations.map((operation) => overOf(operation) - lag.within(operation))),
    recovery: Math.max(0, ...failed.map(({ startedAt }) => startedAt - endedAt)),
    connectsPerSecond: mostPerSecond(during),
    most: census.most,
  };
  const slowness = census.slowestSince(beganAt);
  tell(
    [
      `${fault.name}: failed ${failed.length} of ${operations.length} (${summary(failed)})`,
      `latest settled ${Math.round(report.worstOver)} ms from its limit`,
      `recovery ${Math.round(report.recovery)} ms · connects/s ${report.connectsPerSecond} · connections ${report.most}`,
      `close ${Math.round(closedIn)} ms · the server itself took up to ${Math.round(slowness)} ms`,
    ].join(" · "),
  );
  expect(operations.length).toBeGreaterThan(40);
  expect(report.worstOver, `settled late: ${describe(latest(operations))}`).toBeLessThanOrEqual(SLACK);
  expect(report.recovery, `failed late: ${describe(failed.at(-1))}`).toBeLessThanOrEqual(recoversWithin + 4 * slowness);
  // On a machine that is busy with other things answers come late, whether there is a fault or not; more are on their way when it begins, and
  // it is heard of later.
  const { costsAtMost = Infinity } = fault;
  const late = slowness + lag.within({ startedAt: beganAt, settledAt: endedAt });
  const heardAt = costsAtMost === 0 ? -Infinity : begunAt + late;
  const costs = failed.filter(
    ({ outcome, startedAt }) => startedAt > heardAt && (!outcome.endsWith("_TIMEOUT") || late < BUSY),
  );
  const others = costsAtMost === 0 ? 0 : (rate * late) / 1_000;
  expect(costs.length, summary(failed)).toBeLessThanOrEqual(costsAtMost + others);
  expect(report.connectsPerSecond).toBeLessThanOrEqual(fault.connectsAtMost ?? 20);
  if (fault.hidesClosing !== true) expect(report.most).toBeLessThanOrEqual(MOST_CONNECTIONS);
  expect(failed.filter(({ outcome }) => !KNOWN.has(outcome))).toEqual([]);
  expect(closedIn, "close settles within 5 s").toBeLessThan(5_000);
  expect(client.dedicated.stats).toMatchObject({ size: 0, waiting: 0, leased: 0 });
  await untilEqual("sockets left", () => sockets.open, 0, 2_000);
  await untilEqual("clients left", () => admin.count(name), 0);
  await expectExact(admin, operations);
}

/** What a fault may be told as; all else is a fault of ours. */
const KNOWN: ReadonlySet<string> = new Set([
  "ACQUIRE_TIMEOUT",
  "UNAVAILABLE",
  "RESOURCE_LOST",
  "COMMAND_TIMEOUT",
  "QUEUE_FULL",
]);

function overOf({ startedAt, settledAt, kind }: Operation): number {
  const wait = kind === "lent" || kind === "blocking" ? LIMIT.acquireTimeout : 0;
  return settledAt - startedAt - LIMIT.commandTimeout - wait - (kind === "blocking" ? 50 : 0);
}

function latest(operations: readonly Operation[]): Operation | undefined {
  return operations.toSorted((a, b) => overOf(b) - overOf(a))[0];
}

function describe(operation: Operation | undefined): string {
  if (operation === undefined) return "none";
  const { kind, outcome, message, startedAt, settledAt } = operation;
  return `${kind} ${outcome} after ${Math.round(settledAt - startedAt)} ms: ${message}`;
}

/** How many failed, by what they were told. */
export function summary(failed: readonly Operation[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of failed) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(", ") || "none";
}

export async function timeOf(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

/** Counts the server's connections of one name, as often as the server answers. */
class Census {
  most = 0;
  readonly #admin: Admin;
  readonly #name: string;
  readonly #watching: Promise<void>;
  readonly #probes: { readonly at: number; readonly took: number }[] = [];
  #stopped = false;

  constructor(admin: Admin, name: string) {
    this.#admin = admin;
    this.#name = name;
    this.#watching = this.#watch();
  }

  /** How long the server took at most to answer us past every fault of the line: a machine that is busy with other things adds that to all. */
  slowestSince(time: number): number {
    return Math.max(0, ...this.#probes.filter(({ at }) => at >= time).map(({ took }) => took));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watching;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      // A server that is down or frozen cannot be asked.
      const at = performance.now();
      const seen = await Promise.race([this.#admin.count(this.#name).catch(() => undefined), sleep(1_000, undefined)]);
      const took = performance.now() - at;
      if (seen !== undefined && took < 1_000) this.#probes.push({ at, took });
      this.most = Math.max(this.most, seen ?? 0);
      await sleep(100);
    }
  }
}
