import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { type PostgresServer, seededRandom, startPgBouncer } from "@pool/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PostgresConnection } from "../../src/connection/connection.js";
import { database, dial, open, OPTIONS, seedOf } from "./support.js";

const TRIALS = 1_500;
const CONNECTIONS = 10;

let server: PostgresServer;
beforeAll(async () => {
  server = await database();
});
afterAll(async () => await server[Symbol.asyncDispose]());

interface Tally {
  cancelled: number;
  finished: number;
  hits: unknown[];
}

/** Cancels short statements at about the time they end, each followed at once by one that must not be hit. */
async function race(connection: PostgresConnection, trials: number, random: () => number, tally: Tally): Promise<void> {
  for (let trial = 0; trial < trials; trial += 1) {
    const controller = new AbortController();
    const reason = new Error(`cancelled ${trial}`);
    // On a busy machine a cancel comes too late for most: some are sure to wait for it.
    const seconds = random() < 0.05 ? 5 : random() * 0.02;
    const short = connection.run({ text: "select pg_sleep($1)", values: [seconds] }, controller.signal);
    const next = connection.run({ text: "select pg_sleep(0.004)" });
    setTimeout(() => controller.abort(reason), random() * 7);
    const [first, second] = await Promise.allSettled([short, next]);
    if (first.status === "fulfilled") tally.finished += 1;
    else if (first.reason === reason) tally.cancelled += 1;
    else tally.hits.push(first.reason);
    if (second.status === "rejected") tally.hits.push(second.reason);
  }
}

async function campaign(url: string, seed: number): Promise<Tally> {
  const tally: Tally = { cancelled: 0, finished: 0, hits: [] };
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(url)));
  await Promise.all(
    connections.map((each, index) => race(each, TRIALS / CONNECTIONS, seededRandom(seed + index), tally)),
  );
  await Promise.all(connections.map((each) => each.close(true)));
  return tally;
}

describe("a cancel that races with the end of its statement", () => {
  it("never hits the next statement", async () => {
    const tally = await campaign(server.url, seedOf("cancel"));
    expect(tally.hits).toEqual([]);
    expect(tally.cancelled).toBeGreaterThan(20);
    expect(tally.finished).toBeGreaterThan(20);
  }, 120_000);

  it("never hits the next statement through a PgBouncer in transaction mode", async () => {
    await using bouncer = await startPgBouncer({ server, poolMode: "transaction" });
    const tally = await campaign(bouncer.url, seedOf("cancel through PgBouncer"));
    expect(tally.hits).toEqual([]);
    expect(tally.cancelled).toBeGreaterThan(20);
  }, 120_000);

  it("does not report a write as cancelled that was done", async () => {
    const random = seededRandom(seedOf("cancelled writes"));
    const connection = await open(server.url);
    await connection.run({ text: "create temp table written (n int)" });
    let reported = 0;
    for (let trial = 0; trial < 200; trial += 1) {
      const controller = new AbortController();
      const write = connection.run({ text: "insert into written select $1", values: [trial] }, controller.signal);
      const timer = setTimeout(() => controller.abort(), random());
      reported += await write.then(() => 1).catch(() => 0);
      clearTimeout(timer);
    }
    const { rows } = await connection.run({ text: "select count(*)::int as n from written" });
    expect(rows).toEqual([{ n: reported }]);
    await connection.close(true);
  });
});

describe("a cancel", () => {
  it("passes on the error of a statement that failed by itself", async () => {
    const connection = await open(server.url);
    const controller = new AbortController();
    const failing = connection.run({ text: "select 1 / $1::int", values: [0] }, controller.signal);
    controller.abort();
    await expect(failing).rejects.toSatisfy(
      (error) => error === controller.signal.reason || (error as { code?: unknown }).code === "22012",
    );
    expect(connection.status.busy).toBe(false);
    await connection.close(true);
  });

  it("fails a transaction without ending it", async () => {
    const connection = await open(server.url);
    await connection.run({ text: "begin" });
    const signal = AbortSignal.timeout(30);
    await expect(connection.run({ text: "select pg_sleep(60)" }, signal)).rejects.toSatisfy((e) => e === signal.reason);
    expect(connection.status).toMatchObject({ inTransaction: true, busy: false, clean: false });
    await connection.run({ text: "rollback" });
    expect(connection.status.inTransaction).toBe(false);
    await connection.close(true);
  });

  it("that nobody confirms costs the connection, so that it cannot hit anything later", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const dialled = await dial(server.url);
    const { port } = silent.address() as AddressInfo;
    const cancel = async (signal: AbortSignal): Promise<void> => {
      const { connect } = await import("node:net");
      const socket = connect(port, "127.0.0.1");
      await once(socket, "close", { signal }).finally(() => socket.destroy());
    };
    const lost = once(dialled.client, "error").then(([error]: unknown[]) => error);
    const connection = new PostgresConnection({ ...dialled, cancel }, { ...OPTIONS, cancelTimeout: 100 });
    const signal = AbortSignal.timeout(20);
    const running = connection.run({ text: "select pg_sleep(60)" }, signal);
    await expect(running).rejects.toSatisfy((error) => error === signal.reason);
    expect(signal.reason).not.toHaveProperty("cause"); // it may be told to others
    const cause = { message: "a cancel was not confirmed within 100 ms" };
    await expect(connection.run({ text: "select 1" })).rejects.toMatchObject({ code: "RESOURCE_LOST" });
    await expect(lost).resolves.toMatchObject(cause);
    await server.sql(`select pg_terminate_backend(${connection.processId})`);
    silent.close();
  });
});
