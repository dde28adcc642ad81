import { faultProxy, startEtcd } from "@pool/testing";
import { afterAll, describe, expect, test } from "vitest";
import { etcd, type EtcdWatch, type WatchEvent } from "../src/index.js";
import { base64, until } from "./support.js";

const shared = await startEtcd({ own: true });
afterAll(() => shared[Symbol.asyncDispose]());

describe("a watch", () => {
  test("tells changes in order, of its keys only, with what was there before", async () => {
    const server = shared;
    await using connector = await etcd({ endpoints: server.url, namespace: "w/" }).connect();
    const { client } = connector;
    await client.put("a1", "0");
    await using watch = client.watch({ prefix: "a" }, { previous: true });
    const from = await watch.started;
    await client.put("b", "not told");
    await client.put("a1", "1");
    await client.delete("a1");
    const [put, gone] = await read(watch, 2);
    expect(put).toMatchObject({ type: "put", entry: { key: "a1", value: "1" }, previous: { value: "0" } });
    expect(gone).toMatchObject({ type: "delete", key: "a1", previous: { value: "1" } });
    expect(put?.type === "put" && put.entry.modRevision >= from).toBe(true);
    watch.close();
    expect(await read(watch, 1)).toEqual([]);
    expect(connector.gauges).toMatchObject({ watches: 0 });
  });

  test("of one kind of change only tells no other, and old ones from a revision on", async () => {
    const server = shared;
    await using connector = await etcd({ endpoints: server.url }).connect();
    const { client } = connector;
    const { revision } = await client.put("k", "1");
    await client.delete("k");
    await client.put("k", "2");
    await using watch = client.watch("k", { fromRevision: revision, only: "put" });
    const told = await read(watch, 2);
    expect(told.map((event) => event.type === "put" && event.entry.value)).toEqual(["1", "2"]);
  });

  test("that begins with a snapshot misses nothing behind it", async () => {
    const server = shared;
    await using connector = await etcd({ endpoints: server.url }).connect();
    const { client } = connector;
    for (let n = 0; n < 20; n++) await client.put(`s/${String(n)}`, "before");
    await using watch = client.watch({ prefix: "s/" }, { snapshot: true });
    for (let n = 0; n < 20; n++) await client.put(`s/${String(n)}`, "after");
    const seen = new Map<string, string>();
    for await (const event of watch) {
      if (event.type === "snapshot") for (const { key, value } of event.entries) seen.set(key, value);
      else if (event.type === "put") seen.set(event.entry.key, event.entry.value);
      if (seen.size === 20 && [...seen.values()].every((value) => value === "after")) break;
    }
  });

  test(
    "resumes without a gap and without a repetition, however often its connection breaks",
    { timeout: 60_000 },
    async () => {
      const server = shared;
      await using proxy = await faultProxy({ target: server });
      await using writer = await etcd({ endpoints: server.url }).connect();
      await using connector = await etcd({ endpoints: `${proxy.host}:${String(proxy.port)}` }).connect();
      await using watch = connector.client.watch({ prefix: "n" });
      await watch.started;
      const total = 300;
      const told = read(watch, total);
      for (let n = 0; n < total; n++) {
        await writer.client.put("n", String(n));
        if (n % 30 === 10) proxy.reset();
        if (n % 30 === 20) proxy.fin();
      }
      expect((await told).map((event) => event.type === "put" && event.entry.value)).toEqual(
        Array.from({ length: total }, (_, n) => String(n)),
      );
    },
  );

  test("resumes behind a server that was killed and is back", { timeout: 60_000 }, async () => {
    await using server = await startEtcd({ own: true });
    await using connector = await etcd({ endpoints: server.url }).connect();
    await using watch = connector.client.watch("k");
    await watch.started;
    const told = read(watch, 3);
    await server.call("kv/put", { key: base64("k"), value: base64("1") });
    await server.kill();
    await server.start();
    await server.call("kv/put", { key: base64("k"), value: base64("2") });
    await server.call("kv/put", { key: base64("k"), value: base64("3") });
    expect((await told).map((event) => event.type === "put" && event.entry.value)).toEqual(["1", "2", "3"]);
  });

  test("whose history was compacted tells the gap, and goes on behind it", async () => {
    const server = shared;
    await using connector = await etcd({ endpoints: server.url }).connect();
    const { from, compacted } = await compact(server, connector.client);
    await using watch = connector.client.watch("c", { fromRevision: from });
    const [gap, put] = await read(watch, 2);
    expect(gap).toEqual({ type: "gap", from, compactRevision: compacted });
    expect(put).toMatchObject({ type: "put", entry: { value: "5" } });
  });

  test(
    "that was away while its history was compacted tells the gap, and a fresh snapshot where that is asked for",
    { timeout: 60_000 },
    async () => {
      const server = shared;
      await using proxy = await faultProxy({ target: server });
      await using writer = await etcd({ endpoints: server.url }).connect();
      await using connector = await etcd({ endpoints: `${proxy.host}:${String(proxy.port)}` }).connect();
      await writer.client.put("c", "first");
      await using watch = connector.client.watch("c", { snapshot: true });
      expect(await read(watch, 1)).toMatchObject([{ type: "snapshot", entries: [{ value: "first" }] }]);
      await watch.started;
      await proxy.refuse();
      proxy.reset();
      await compact(server, writer.client);
      await proxy.heal();
      expect(await read(watch, 2)).toMatchObject([{ type: "gap" }, { type: "snapshot", entries: [{ value: "5" }] }]);
      await writer.client.put("c", "last");
      expect(await read(watch, 1)).toMatchObject([{ type: "put", entry: { value: "last" } }]);
    },
  );

  test("with a slow reader holds the server back, and still tells all", { timeout: 60_000 }, async () => {
    const server = shared;
    await using connector = await etcd({ endpoints: server.url }).connect();
    const { client } = connector;
    await using watch = client.watch("slow");
    await watch.started;
    const value = "x".repeat(10_000);
    const total = 1_500;
    for (let n = 0; n < total; n += 50) await Promise.all(Array.from({ length: 50 }, () => client.put("slow", value)));
    expect((await client.get("slow"))?.version).toBe(BigInt(total)); // the connection goes on for others
    expect(await read(watch, total)).toHaveLength(total);
  });

  test("ends with its signal's reason, and with its connector", async () => {
    const server = shared;
    const connector = await etcd({ endpoints: server.url }).connect();
    const controller = new AbortController();
    const aborted = connector.client.watch("k", { signal: controller.signal });
    const reason = new Error("enough");
    const reading = read(aborted, 1);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    const left = read(connector.client.watch("k"), 1);
    await connector.disconnect();
    expect(await left).toEqual([]);
  });

  test("that outlives many breaks leaves no stream behind", { timeout: 60_000 }, async () => {
    const server = shared;
    await using proxy = await faultProxy({ target: server });
    await using connector = await etcd({ endpoints: `${proxy.host}:${String(proxy.port)}` }).connect();
    await using watch = connector.client.watch("k");
    await watch.started;
    for (let n = 0; n < 10; n++) {
      proxy.reset();
      await until("it answers again", () =>
        connector.client.put("k", String(n)).then(
          () => true,
          () => false,
        ),
      );
    }
    await until("one connection is open", () => connector.connections === 1 && proxy.stats.open === 1);
  });
});

async function read(watch: EtcdWatch, count: number): Promise<WatchEvent[]> {
  const told: WatchEvent[] = [];
  const iterator = watch[Symbol.asyncIterator]();
  while (told.length < count) {
    const next = await iterator.next();
    if (next.done === true) break;
    told.push(next.value);
  }
  return told;
}

/** Writes "c" five times, and has the store forget all but the last. */
async function compact(
  server: Awaited<ReturnType<typeof startEtcd>>,
  client: ReturnType<typeof etcd>["client"],
): Promise<{ from: bigint; compacted: bigint }> {
  const { revision: from } = await client.put("c", "1");
  for (const value of ["2", "3", "4"]) await client.put("c", value);
  const { revision: compacted } = await client.put("c", "5");
  await server.call("kv/compaction", { revision: compacted.toString() });
  return { from, compacted };
}
