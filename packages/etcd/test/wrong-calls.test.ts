import { randomUUID } from "node:crypto";
import { isPoolError } from "@pool/core";
import { startEtcd } from "@pool/testing";
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

const GIVEN: readonly unknown[] = [undefined, null, 7, {}, "x", [], () => undefined];

/** What a call ends in that is neither a result nor an error of ours. */
async function strangeOf(work: (...args: unknown[]) => unknown, args: readonly unknown[]): Promise<unknown> {
  try {
    const made = Object(await work(...args)) as Partial<AsyncDisposable & Disposable>;
    await made[Symbol.asyncDispose]?.();
    made[Symbol.dispose]?.();
    return undefined;
  } catch (error) {
    return isPoolError(error) ? undefined : error;
  }
}

function* argumentLists(): Generator<readonly unknown[]> {
  yield [];
  for (const first of GIVEN) {
    yield [first];
    for (const second of GIVEN) {
      yield [first, second];
      for (const third of GIVEN) yield [first, second, third];
    }
  }
}

type Method = (...args: unknown[]) => unknown;
const methodsOf = (target: object, names: readonly string[]): [string, Method][] =>
  names.map((name) => [name, (Reflect.get(target, name) as Method).bind(target)]);

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
