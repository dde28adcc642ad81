import { once } from "node:events";
import { connect } from "node:net";
import { watch, type MonitorSnapshot } from "@pool/monitor";
import { expect, onTestFinished, test } from "vitest";
import { dashboard, type DashboardOptions } from "../src/index.js";
import type { Hello } from "../src/wire.js";
import { eventually } from "./support/eventually.js";
import { EventReader } from "./support/events.js";
import { openPool } from "./support/pool.js";
import { serve } from "./support/serve.js";

async function served(options: DashboardOptions = {}) {
  const monitor = watch();
  const handle = dashboard(monitor, options);
  onTestFinished(() => {
    handle[Symbol.dispose]();
    monitor[Symbol.dispose]();
  });
  return { ...(await serve(handle)), handle };
}

test("opens with everything and its history, then tells the numbers of each second", async () => {
  const { address } = await served({ title: "Shop" });
  const pool = openPool({ name: "told", maxSize: 3 });
  const reader = await EventReader.open(`${address}/events`);
  expect(reader.response.headers).toMatchObject({
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    connection: "close",
  });
  await eventually("two ticks", () => reader.count("tick") >= 2 || undefined);
  const hello = reader.events[0]?.data as Hello;
  expect(hello).toMatchObject({ title: "Shop", canAct: false });
  expect(Object.keys(hello.snapshot)).toContain("series");

  using _ = await pool.acquire({ label: "now" });
  await eventually("a tick with the holder", () => {
    const tick = reader.events.at(-1)?.data as MonitorSnapshot;
    return tick.pools.find(({ name }) => name === "told")?.holders[0]?.label === "now" || undefined;
  });
  expect(reader.events.slice(1).map(({ data }) => Object.keys((data as MonitorSnapshot).series))).toEqual(
    Array.from({ length: reader.events.length - 1 }, () => []),
  );
});

test("a reader that does not read is told less, and holds no growing memory; when it reads again it gets the newest", async () => {
  const { address, port, server } = await served();
  // So much to tell that the kernel's buffers are soon full.
  for (let n = 0; n < 50; n++) await openPool({ name: `pool-${n}` }).acquire({ label: "x".repeat(20_000) });
  // A small window, and nobody who reads.
  const socket = connect({ port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.write("GET /events HTTP/1.1\r\nhost: x\r\n\r\n");
  const [connection] = (await once(server, "connection")) as [{ writableLength: number; bytesWritten: number }];
  const watching = await EventReader.open(`${address}/events`);

  await eventually("a reader that is behind", () => connection.writableLength > 0 || undefined, 60_000);
  const size = watching.bytes / watching.events.length;
  const { length } = watching.events;
  await eventually("some more ticks for the other", () => watching.events.length >= length + 4 || undefined);
  expect(connection.writableLength).toBeLessThan(3 * size);

  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.resume();
  await eventually("what was left out is left out", () => connection.writableLength === 0 || undefined);
  const told = text.split("event: tick").length;
  await eventually("the next tick", () => text.split("event: tick").length > told || undefined);
  expect(text.split("event: tick").length).toBeLessThan(watching.events.length);
}, 90_000);

test("a bounded number of streams is open at once, and one that ends makes room", async () => {
  const { address } = await served({ maxStreams: 2 });
  const one = await EventReader.open(`${address}/events`);
  await EventReader.open(`${address}/events`);
  const refused = await fetch(`${address}/events`);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "15"]);
  expect(await refused.json()).toMatchObject({ error: { code: "TOO_MANY_STREAMS" } });

  one.response.destroy();
  const next = await eventually("room for one", async () => {
    const reader = await EventReader.open(`${address}/events`);
    return reader.response.statusCode === 200 ? reader : undefined;
  });
  await eventually("its hello", () => next.count("hello") > 0 || undefined);
});

test("disposed, it says goodbye to its readers and takes no more, so that the server can close", async () => {
  const { address, handle, server } = await served();
  const readers = await Promise.all([1, 2, 3].map(() => EventReader.open(`${address}/events`)));
  handle[Symbol.dispose]();
  const closed = once(server, "close");
  server.close();
  await closed;
  await eventually("the end of all", () => readers.every(({ ended }) => ended) || undefined);
  expect(readers.map((reader) => reader.events.at(-1)?.name)).toEqual(["bye", "bye", "bye"]);
});

test("a server that only closes is not held up for long", async () => {
  const { address, server } = await served();
  const reader = await EventReader.open(`${address}/events`);
  await eventually("a tick", () => reader.count("tick") > 0 || undefined);
  const began = performance.now();
  const closed = once(server, "close");
  server.close();
  await closed;
  console.log(`closed ${Math.round(performance.now() - began)} ms after close()`); // eslint-disable-line no-console
  await eventually("its goodbye", () => reader.events.at(-1)?.name === "bye" || undefined);
});

test("without a reader the monitor makes no ticks", async () => {
  const monitor = watch();
  let listeners = 0;
  const counting = {
    ...monitor,
    snapshot: () => monitor.snapshot(),
    subscribe(listener: (tick: MonitorSnapshot) => void): Disposable {
      listeners++;
      const inner = monitor.subscribe(listener);
      return {
        [Symbol.dispose]() {
          listeners--;
          inner[Symbol.dispose]();
        },
      };
    },
  };
  onTestFinished(() => monitor[Symbol.dispose]());
  const { address } = await serve(dashboard(counting));
  expect(listeners).toBe(0);
  const readers = await Promise.all([1, 2].map(() => EventReader.open(`${address}/events`)));
  expect(listeners).toBe(1);
  for (const { response } of readers) response.destroy();
  await eventually("nobody listening", () => listeners === 0 || undefined);
});
