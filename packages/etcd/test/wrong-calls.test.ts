import { randomUUID } from "node:crypto";
import { argumentLists, methodsOf, startEtcd, strangeOf } from "@pool/testing";
import { afterAll, expect, test } from "vitest";
import { etcd } from "../src/index.js";
import { expectCode } from "./support.js";

const server = await startEtcd();
const connector = await etcd({ endpoints: server.url, name: "wrong calls" }).connect();
const store = connector.client.namespace(`${randomUUID()}/`);
const document = await store.document("document", { initial: {} });
afterAll(async () => {
  await store.delete({ prefix: "" });
  await connector.disconnect();
  await server[Symbol.asyncDispose]();
});

test.each([
  ...methodsOf(store, [
    "get",
    "getAll",
    "put",
    "delete",
    "swap",
    "transaction",
    "lease",
    "watch",
    "document",
    "namespace",
  ]),
  ...methodsOf(store.lock, ["acquire", "tryAcquire", "use"]),
  ...methodsOf(document, ["update", "subscribe"]),
])("%s refuses what it cannot take with an error of ours", { timeout: 60_000 }, async (_, work) => {
  for (const args of argumentLists()) expect(await strangeOf(work, args), JSON.stringify(args)).toBeUndefined();
});

test("what a transaction holds is refused by name", async () => {
  const transaction = store.transaction.bind(store) as (given: unknown) => Promise<unknown>;
  const lists: unknown[] = [null, 7, "x", {}, [null], [7], [{}]];
  for (const name of ["if", "then", "else"])
    for (const list of lists) await expectCode(transaction({ [name]: list }), "INVALID_ARGUMENT");
  for (const value of [undefined, null, "1", -1n, {}])
    for (const name of ["modRevision", "createRevision", "version", "lease", "value"])
      if (name !== "value" || value !== "1")
        await expectCode(transaction({ if: [{ key: "a", [name]: value }] }), "INVALID_ARGUMENT");
  for (const value of [undefined, null, 7])
    await expectCode(transaction({ then: [{ put: "a", value }] }), "INVALID_ARGUMENT");
});

test("what a document cannot call is refused", async () => {
  for (const given of [undefined, null, 7, {}]) {
    expect(() => document.subscribe(given as never)).toThrow("subscribe: listener must be a function");
    await expectCode(document.update(given as never), "INVALID_ARGUMENT");
  }
  await expectCode(store.document(""), "INVALID_ARGUMENT");
});

test("swap without a revision is refused, also where its options are left out", async () => {
  const swap = store.swap.bind(store) as (...args: unknown[]) => Promise<unknown>;
  for (const args of [[], [undefined], [null], [7], [{}], [{ ifRevision: null }], [{ ifRevision: 0n, once: true }]])
    await expectCode(swap("a", "b", ...args), "INVALID_ARGUMENT");
  expect(await store.get("a")).toBeUndefined();
});
