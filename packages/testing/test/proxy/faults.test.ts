import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { faultProxy } from "@pool/testing";
import { expect, onTestFinished, test } from "vitest";
import { echo, open, quiet, type Raw, until } from "./raw.js";

async function setUp(seed?: number) {
  const server = await echo();
  const proxy = await faultProxy({ target: { port: server.port }, ...(seed !== undefined && { seed }) });
  const clients: Raw[] = [];
  onTestFinished(async () => {
    for (const { socket } of clients) socket.destroy();
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const client = async (): Promise<Raw> => {
    const raw = await open(proxy);
    clients.push(raw);
    return raw;
  };
  /** A client whose connection has carried bytes both ways. */
  const busy = async (): Promise<Raw> => {
    const raw = (await client()).say("hello");
    await until(() => raw.text === "hello");
    raw.received = Buffer.alloc(0);
    return raw;
  };
  return { server, proxy, client, busy };
}

test("without a fault a megabyte comes through unchanged, both ways, and is counted", async () => {
  const { proxy, client } = await setUp();
  const bytes = randomBytes(1 << 20);
  const raw = (await client()).say(bytes);
  await until(() => raw.received.length === bytes.length);
  expect(raw.received.equals(bytes)).toBe(true);
  expect(proxy.stats).toEqual({ opened: 1, open: 1, bytes: { upstream: bytes.length, downstream: bytes.length } });
  expect(proxy.connections).toMatchObject([{ id: 1, silent: false }]);
});

test("the end of a stream comes through, and the bytes of a closed connection stay counted", async () => {
  const { server, proxy, busy } = await setUp();
  const raw = await busy();
  raw.socket.end("bye");
  await until(() => raw.ending === "fin" && proxy.stats.open === 0);
  expect(raw.text).toBe("bye");
  expect(server.peers[0]?.ending).toBe("fin");
  expect(proxy.stats).toEqual({ opened: 1, open: 0, bytes: { upstream: 8, downstream: 8 } });
});

test("a client's RST reaches the server, and a server's RST the client", async () => {
  const { server, busy } = await setUp();
  (await busy()).socket.resetAndDestroy();
  await until(() => server.peers[0]?.ending === "ECONNRESET");
  const other = await busy();
  server.peers[1]?.socket.resetAndDestroy();
  await until(() => other.ending === "ECONNRESET");
});

test("latency delays each direction by itself, keeps order and does not limit throughput", async () => {
  const { proxy, busy } = await setUp(7);
  const raw = await busy();
  proxy.latency(100, { jitter: 40 });
  const sent = Array.from({ length: 50 }, (_, at) => `${at};`);
  const began = performance.now();
  for (const part of sent) raw.say(part);
  await until(() => raw.text.length >= sent.join("").length);
  expect(raw.text).toBe(sent.join(""));
  expect(performance.now() - began).toBeGreaterThanOrEqual(2 * 60 - 5);
  await proxy.heal();
  proxy.latency(150, { direction: "downstream", on: "new" });
  const later = performance.now();
  const fresh = (await open(proxy)).say("x");
  await until(() => fresh.text === "x");
  expect(performance.now() - later).toBeGreaterThanOrEqual(145);
  fresh.socket.destroy();
});

test("bandwidth spreads bytes over time", async () => {
  const { proxy, busy } = await setUp();
  const raw = await busy();
  proxy.bandwidth(100_000, { direction: "upstream" });
  const began = performance.now();
  raw.say(Buffer.alloc(30_000));
  await until(() => raw.received.length === 30_000);
  expect(performance.now() - began).toBeGreaterThanOrEqual(250);
});

test.each(["fin", "reset"] as const)(
  "limitData lets so many bytes of the answer pass, and then cuts by %s",
  async (cut) => {
    const { server, proxy, busy } = await setUp();
    const raw = await busy();
    proxy.limitData(4, { cut });
    raw.say("truncated");
    await until(() => raw.ending !== undefined && server.peers[0]?.ending !== undefined);
    expect(raw.ending).toBe(cut === "fin" ? "fin" : "ECONNRESET");
    expect(raw.text).toBe("trun");
  },
);

test("stall keeps bytes back until it is over, and loses none", async () => {
  const { proxy, busy } = await setUp();
  const raw = await busy();
  proxy.stall({ direction: "downstream" });
  raw.say("late");
  await quiet();
  expect(raw.text).toBe("");
  await proxy.heal();
  await until(() => raw.text === "late");
});

test("a black hole swallows bytes and ends, and what lost some stays silent", async () => {
  const { server, proxy, busy } = await setUp();
  const [lossy, idle] = [await busy(), await busy()];
  proxy.blackHole();
  lossy.say("lost");
  await until(() => proxy.connections[0]?.silent === true);
  await proxy.heal();
  await until(() => server.peers[0]?.ending === "ECONNRESET");
  lossy.say("more");
  idle.say("fine");
  await until(() => idle.text === "fine");
  await quiet();
  expect({ text: lossy.text, ending: lossy.ending }).toEqual({ text: "", ending: undefined });
  expect(server.peers[0]?.text).toBe("hello");

  lossy.socket.end();
  await until(() => proxy.stats.open === 1);
});

test("a fault of new connections leaves the existing ones alone, and the other way round", async () => {
  const { proxy, client, busy } = await setUp();
  const old = await busy();
  proxy.blackHole({ on: "new" });
  const fresh = (await client()).say("lost");
  old.say("works");
  await until(() => old.text === "works");
  await quiet();
  expect(fresh.text).toBe("");

  await proxy.heal();
  proxy.stall({ on: "existing" });
  const newest = (await client()).say("new");
  old.say("!");
  await until(() => newest.text === "new");
  await quiet();
  expect(old.text).toBe("works");
});

test("hang accepts a connection and never forwards it", async () => {
  const { server, proxy, client } = await setUp();
  proxy.hang();
  const raw = (await client()).say("anyone?");
  await quiet();
  expect({ text: raw.text, ending: raw.ending, peers: server.peers.length }).toEqual({
    text: "",
    ending: undefined,
    peers: 0,
  });
  await proxy.heal();
  const other = (await client()).say("back");
  await until(() => other.text === "back");
});

test("refuse closes the port, not the connections, and the port is the same afterwards", async () => {
  const { proxy, client, busy } = await setUp();
  const old = await busy();
  const { port } = proxy;
  await proxy.refuse();
  await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  old.say("on");
  await until(() => old.text === "on");
  await proxy.heal();
  expect(proxy.port).toBe(port);
  const raw = (await client()).say("again");
  await until(() => raw.text === "again");
});

test("reset is an RST to both sides, fin a FIN", async () => {
  const { server, proxy, busy } = await setUp();
  const raw = await busy();
  proxy.reset();
  await until(() => raw.ending === "ECONNRESET" && server.peers[0]?.ending === "ECONNRESET");
  const other = await busy();
  proxy.fin();
  await until(() => other.ending === "fin" && server.peers[1]?.ending === "fin");
  await until(() => proxy.stats.open === 0);
});

test("half-open: the server is told, the client not", async () => {
  const { server, proxy, busy } = await setUp();
  const raw = await busy();
  proxy.halfOpen();
  await until(() => server.peers[0]?.ending === "ECONNRESET");
  raw.say("still there?");
  await quiet();
  expect({ text: raw.text, ending: raw.ending, writable: raw.socket.writable }).toEqual({
    text: "",
    ending: undefined,
    writable: true,
  });
});

test("a storm resets again and again, until it is healed", async () => {
  const { proxy, busy } = await setUp();
  proxy.storm(20);
  const raw = await open(proxy);
  await until(() => raw.ending === "ECONNRESET");
  const second = await open(proxy);
  await until(() => second.ending === "ECONNRESET");
  await proxy.heal();
  const third = await busy();
  await quiet();
  expect(third.ending).toBeUndefined();
});

test("a server at a Unix socket can be behind it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pool-proxy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await using server = await echo(join(folder, "socket"));
  await using proxy = await faultProxy({ target: { path: join(folder, "socket") } });
  const raw = (await open(proxy)).say("unix");
  await until(() => raw.text === "unix");
  proxy.reset();
  await until(() => raw.ending === "ECONNRESET" && server.peers[0]?.socket.destroyed === true);
});

test("a server that is not there resets its client", async () => {
  const { port } = await (async () => {
    await using gone = await echo();
    return { port: gone.port };
  })();
  await using proxy = await faultProxy({ target: { port } });
  const raw = await open(proxy);
  await until(() => raw.ending === "ECONNRESET");
});

test("what is no number of bytes or ms is refused", async () => {
  const { proxy } = await setUp();
  expect(() => proxy.latency(-1)).toThrow("latency must be a number of at least 0, got -1");
  expect(() => proxy.bandwidth(Number.NaN)).toThrow("bandwidth must be a number of at least 1, got NaN");
});
