import { randomUUID } from "node:crypto";
import { onEvent } from "@pool/core";
import { startEtcd } from "@pool/testing";
import { afterAll, expect, test } from "vitest";
import { etcd } from "../src/index.js";
import { expectCode } from "./support.js";

const server = await startEtcd();
const connector = await etcd({ endpoints: server.url, name: "kv" }).connect();
const store = connector.client.namespace(`${randomUUID()}/`);
afterAll(async () => {
  await store.delete({ prefix: "" });
  await connector.disconnect();
  await server[Symbol.asyncDispose]();
});

test("what is put is got, with its revisions", async () => {
  const { revision, previous } = await store.put("a", "1");
  expect(previous).toBeUndefined();
  const entry = await store.get("a");
  expect(entry).toMatchObject({ key: "a", value: "1", createRevision: revision, modRevision: revision, version: 1n });
  expect(entry?.leaseId).toBeUndefined();
  expect((await store.put("a", "2", { previous: true })).previous?.value).toBe("1");
  expect((await store.get("a", { revision }))?.value).toBe("1");
  expect((await store.get("a", { serializable: true }))?.value).toBe("2");
  expect(await store.get("not there")).toBeUndefined();
});

test("bytes come back as they were, whatever they are, and of any size", async () => {
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => at % 256));
  await store.put(new Uint8Array([0, 255]), bytes);
  const entry = await store.get(new Uint8Array([0, 255]));
  expect(entry?.bytes.equals(bytes)).toBe(true);
  expect(entry?.keyBytes).toEqual(Buffer.from([0, 255]));
  await store.put("empty", "");
  expect((await store.get("empty"))?.value).toBe("");
});

test("a namespace sees its own keys, and no others", async () => {
  const one = store.namespace("one/");
  await Promise.all([one.put("x", "1"), one.put("y", "2"), store.put("one0", "beside it"), store.put("one", "before")]);
  expect((await one.getAll({ prefix: "" })).entries.map(({ key }) => key)).toEqual(["x", "y"]);
  expect((await one.getAll({ from: "y" })).entries.map(({ key }) => key)).toEqual(["y"]);
  expect((await one.getAll({ from: "", to: "y" })).entries.map(({ key }) => key)).toEqual(["x"]);
  expect((await one.delete({ prefix: "" }, { previous: true })).previous.map(({ key }) => key)).toEqual(["x", "y"]);
  expect((await store.getAll({ prefix: "one" })).count).toBe(2);
});

test("a range is limited, sorted and counted", async () => {
  const many = store.namespace("many/");
  for (const key of ["b", "c", "a"]) await many.put(key, key.toUpperCase());
  const { entries, count } = await many.getAll(
    { prefix: "" },
    { limit: 2, sortBy: "modRevision", order: "descending" },
  );
  expect([entries.map(({ value }) => value), count]).toEqual([["A", "C"], 3]);
  const keys = await many.getAll({ prefix: "" }, { keysOnly: true });
  expect(keys.entries.map(({ key, value }) => key + value)).toEqual(["a", "b", "c"]);
});

test("a swap writes only what was found", async () => {
  expect(await store.swap("s", "1", { ifRevision: 0n })).toMatchObject({ swapped: true });
  const refused = await store.swap("s", "2", { ifRevision: 0n });
  expect(refused).toMatchObject({ swapped: false, found: { value: "1" } });
  const revision = refused.swapped ? 0n : (refused.found?.modRevision ?? 0n);
  expect((await store.swap("s", "2", { ifRevision: revision })).swapped).toBe(true);
});

test("a transaction does the one or the other, whole", async () => {
  await store.put("t", "5");
  const result = await store.transaction({
    if: [
      { key: "t", value: "5" },
      { key: "t", version: 0n, is: ">" },
      { key: "new", createRevision: 0n },
    ],
    then: [{ put: "t", value: "6" }, { get: { prefix: "t" } }, { delete: "nothing" }],
    else: [{ get: "t" }],
  });
  expect(result).toMatchObject({
    succeeded: true,
    results: [{ did: "put" }, { did: "get", entries: [{ value: "6" }] }, { did: "delete", deleted: 0 }],
  });
  const other = await store.transaction({ if: [{ key: "t", value: "5" }], else: [{ get: "t" }] });
  expect(other).toMatchObject({ succeeded: false, results: [{ entries: [{ value: "6" }] }] });
});

test("ten writers of one counter lose no step", { timeout: 60_000 }, async () => {
  const step = async (): Promise<void> => {
    for (;;) {
      const found = await store.get("counter");
      const next = String(Number(found?.value ?? 0) + 1);
      if ((await store.swap("counter", next, { ifRevision: found?.modRevision ?? 0n })).swapped) return;
    }
  };
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let left = 3; left > 0; left--) await step();
    }),
  );
  expect((await store.get("counter"))?.value).toBe("30");
});

test("what the server refuses is told in its words, with a code", async () => {
  const error = await expectCode(store.get("a", { revision: 1n << 40n }), "COMMAND_FAILED");
  expect(error.message).toBe('etcd "kv": GET failed: etcdserver: mvcc: required revision is a future revision');
  expect(error.details).toMatchObject({ command: "GET", status: "OUT_OF_RANGE" });
  await expectCode(store.put("a", "b", { lease: 12345n }), "LEASE_LOST");
  const twice = {
    then: [
      { put: "x", value: "1" },
      { put: "x", value: "2" },
    ],
  };
  await expectCode(store.transaction(twice), "COMMAND_FAILED");
});

test.each<[string, () => unknown]>([
  ["an empty key", () => store.get("")],
  ["a number for a key", () => store.get(1 as unknown as string)],
  ["a value that is no text", () => store.put("a", 1 as unknown as string)],
  ["an unknown option", () => store.get("a", { serialisable: true } as object)],
  ["a timeout of nothing", () => store.get("a", { timeout: 0 })],
  ["a timeout without end", () => store.get("a", { timeout: Infinity })],
  ["a selection of both kinds", () => store.getAll({ prefix: "a", from: "b" })],
  ["a limit of 0", () => store.getAll("a", { limit: 0 })],
  ["a revision below 0", () => store.swap("a", "b", { ifRevision: -1n })],
  ["a condition without a comparison", () => store.transaction({ if: [{ key: "a" } as never] })],
])("%s is refused before anything is sent", async (_, call) => {
  await expectCode(Promise.resolve().then(call), "INVALID_ARGUMENT");
});

test("events name the call, and neither key nor value", async () => {
  const told: unknown[] = [];
  using _ = onEvent("pool:statement", (event) => told.push(event));
  await store.put("the key", "the value", { label: "mine" });
  await store.get("the key");
  expect(told).toMatchObject([
    { pool: "kv", statement: "PUT", label: "mine" },
    { pool: "kv", statement: "GET" },
  ]);
  expect(JSON.stringify(told)).not.toMatch(/the key|the value/);
});

test("a signal ends a call with its reason", async () => {
  const reason = new Error("enough");
  await expect(store.get("a", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const reading = store.getAll({ prefix: "" }, { signal: controller.signal });
  controller.abort(reason);
  await expect(reading).rejects.toBe(reason);
  expect(connector.gauges).toMatchObject({ inFlight: 0, queued: 0 });
});
