import { faultProxy, startEtcd } from "@pool/testing";
import { afterAll, expect, test } from "vitest";
import { etcd, type DocumentProblem, type StandardSchema } from "../src/index.js";
import { expectCode, until } from "./support.js";

interface Limits {
  readonly rate: number;
}

const server = await startEtcd();
const connector = await etcd({ endpoints: server.url }).connect();
const { client } = connector;
afterAll(async () => {
  await connector.disconnect();
  await server[Symbol.asyncDispose]();
});

/** As zod and others have it. */
const schema: StandardSchema<Limits> = {
  "~standard": {
    version: 1,
    validate(value) {
      const { rate } = Object(value) as { rate?: unknown };
      if (typeof rate === "number") return { value: { rate } };
      return { issues: [{ message: "must be a number", path: ["limits", { key: "rate" }] }] };
    },
  },
};

test("a document is typed, follows what is written, and keeps the last good version when a bad one is", async () => {
  await client.put("limits", '{"rate":1}');
  const changes: number[] = [];
  const problems: DocumentProblem[] = [];
  await using limits = await client.document("limits", {
    schema,
    onChange: ({ rate }) => void changes.push(rate),
    onInvalid: (problem) => void problems.push(problem),
  });
  expect(limits.value.rate).toBe(1);
  const { revision } = await client.put("limits", '{"rate":2}');
  await until("it has changed", () => limits.value.rate === 2);
  expect(limits.revision).toBe(revision);

  const bad = await client.put("limits", '{"rate":"s3cret"}');
  await until("it is told", () => problems.length === 1);
  expect(limits.value.rate).toBe(2);
  expect(limits.problem).toMatchObject({ revision: bad.revision, error: { code: "DOCUMENT_INVALID" } });
  expect(String(problems[0]?.error)).toContain("limits.rate: must be a number");
  await client.put("limits", "{s3cret");
  await until("that is told, too", () => problems.length === 2);
  expect(
    JSON.stringify(problems, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value)),
  ).not.toContain("s3cret");
  expect(String(problems[1]?.error)).not.toContain("s3cret");
  await client.delete("limits");
  await until("its end is told", () => problems.length === 3);
  expect(problems[2]).toMatchObject({ error: { code: "DOCUMENT_MISSING" } });
  expect(limits.value.rate).toBe(2);

  await client.put("limits", '{"rate":3}');
  await until("a good one is in force", () => limits.value.rate === 3);
  expect(limits.problem).toBeUndefined();
  expect(changes).toEqual([2, 3]);
});

test("what is not there, or wrong, at first is an error, unless something stands for it", async () => {
  await expectCode(client.document("missing"), "DOCUMENT_MISSING");
  await client.put("wrong", "no json");
  await expectCode(client.document("wrong"), "DOCUMENT_INVALID");
  await using made = await client.document<Limits>("made", { initial: { rate: 7 } });
  expect([made.value.rate, made.revision]).toEqual([7, 0n]);
  await client.put("made", '{"rate":8}');
  await until("it is written", () => made.value.rate === 8);
  expect(connector.gauges).toMatchObject({ watches: 1 });
});

test("an option that is unknown or no function is an error, and not left out", async () => {
  const wrong = [{ validate: () => true }, { parse: "json" }, { serialize: 1 }, { onChange: {} }, { onInvalid: "log" }];
  for (const options of wrong) await expectCode(client.document("limits", options as object), "INVALID_ARGUMENT");
});

test("updates of many at once are all made, each on what the others have written", async () => {
  const documents = await Promise.all(
    Array.from({ length: 4 }, () => client.document("count", { schema, initial: { rate: 0 } })),
  );
  await Promise.all(
    documents.flatMap((document) => [1, 2, 3].map(() => document.update(({ rate }) => ({ rate: rate + 1 })))),
  );
  for (const document of documents) {
    await until("it has all of them", () => document.value.rate === 12);
    document.close();
    expect(document.value.rate).toBe(12);
  }
  const [document] = documents;
  await expectCode(
    document!.update(() => ({ rate: "many" }) as never),
    "DOCUMENT_INVALID",
  );
  expect((await client.get("count"))?.value).toBe('{"rate":12}');
});

test("a text of any kind is parsed, also asynchronously, and iterated", async () => {
  await client.put("list", "a,b");
  await using list = await client.document("list", {
    parse: async (text) => Promise.resolve(text.split(",")),
    serialize: (items) => items.join(","),
  });
  const seen: string[][] = [];
  for await (const items of list) {
    seen.push(items);
    if (seen.length === 1) await list.update((now) => [...now, "c"]);
    else break;
  }
  expect(seen).toEqual([
    ["a", "b"],
    ["a", "b", "c"],
  ]);
});

test("a listener that throws keeps nothing from the others", async () => {
  const warned: string[] = [];
  const onWarning = (warning: Error): void => void warned.push(warning.message);
  process.on("warning", onWarning);
  await using document = await client.document("heard", { initial: 0 });
  const heard: unknown[] = [];
  document.subscribe(() => {
    throw new Error("not mine");
  });
  const stop = document.subscribe((value) => heard.push(value));
  await document.update(() => 1);
  stop();
  await document.update(() => 2);
  expect(heard).toEqual([1]);
  await until("it is shown", () => warned.includes("not mine"));
  process.off("warning", onWarning);
});

test("a document survives an outage and what was forgotten meanwhile", { timeout: 60_000 }, async () => {
  await using proxy = await faultProxy({ target: server });
  await using away = await etcd({ endpoints: `${proxy.host}:${String(proxy.port)}` }).connect();
  await client.put("far", "1");
  await using document = await away.client.document<number>("far");
  await proxy.refuse();
  proxy.reset();
  await client.put("far", "2");
  const { revision } = await client.put("far", "3");
  await server.call("kv/compaction", { revision: revision.toString() });
  expect(document.value).toBe(1);
  await proxy.heal();
  await until("it has caught up", () => document.value === 3);
  await client.put("far", "4");
  await until("it goes on", () => document.value === 4);
});

test("a document ends with its connector, and its last value stays readable", async () => {
  const own = await etcd({ endpoints: server.url }).connect();
  const ended = own.client;
  await ended.put("ends", "1");
  const document = await ended.document<number>("ends");
  const values: number[] = [];
  const reading = (async () => {
    for await (const value of document) values.push(value);
  })();
  await until("it is read", () => values.length === 1);
  await own.disconnect();
  await reading;
  expect([values, document.value, document.problem]).toEqual([[1], 1, undefined]);
  await expectCode(ended.document("ends"), "NOT_CONNECTED");
});
