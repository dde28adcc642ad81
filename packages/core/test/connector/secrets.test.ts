import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { PoolError } from "../../src/errors.js";
import { cleanText, secretTexts, withoutSecrets } from "../../src/connector/secrets.js";
import { failureOf, MemoryBackend } from "../support/memory-backend.js";

describe("secretTexts", () => {
  test("finds what has a secret's name, at any depth, and what is declared one", () => {
    const options = {
      user: "ann",
      password: "hush-1",
      tls: { privateKey: "hush-2" },
      auth: { user: "bob", pass: "hush-3" },
      pin: "4711",
      list: [{ token: "hush-4" }],
    };
    expect(new Set(secretTexts(options, new Set(["pin"])))).toEqual(
      new Set(["hush-1", "hush-2", "hush-3", "bob", "4711", "hush-4"]),
    );
  });

  test.each([
    ["postgres://ann:p%40ss%2Fword@host/db", ["p%40ss%2Fword", "p@ss/word"]],
    ["postgres://ann:p@ss@host/db", ["p@ss"]],
    [`redis://:${"x".repeat(2_000)}@host`, ["x".repeat(2_000)]],
    ["mysql://host/db?user=ann&password=hush-hush&ssl=1", ["hush-hush"]],
  ])("finds the credentials in %s", (url, secrets) => {
    expect(secretTexts({ url })).toEqual(expect.arrayContaining(secrets));
    expect(secretTexts({ urls: [new URL(url)] })).toEqual(
      expect.arrayContaining(secrets.slice(0, 1).map((secret) => secret.replace("@", "%40"))),
    );
  });

  test("finds nothing where there is none, and leaves out what is too short to look for", () => {
    expect(
      secretTexts({ host: "db", port: 5_432, password: "pg", url: "postgres://db/app", ca: Buffer.from("x") }),
    ).toEqual([]);
  });

  test("survives a text of many address beginnings in linear time", () => {
    expect(secretTexts({ url: "a://".repeat(16_000) })).toEqual([]);
  });
});

describe("withoutSecrets", () => {
  const secrets = ["hush-hush"];

  test("hands on an error that shows none as it is", () => {
    const error = new Error("connection refused");
    expect(withoutSecrets(error, secrets)).toBe(error);
    expect(withoutSecrets("text", secrets)).toBe("text");
  });

  test.each([
    ["its message", Object.assign(new Error("bad password hush-hush"), { code: "28P01" })],
    ["a field", Object.assign(new Error("bad"), { code: "28P01", command: { args: ["hush-hush"] } })],
    ["its cause", Object.assign(new Error("bad", { cause: new Error("hush-hush") }), { code: "28P01" })],
    ["one of several", Object.assign(new AggregateError([new Error("hush-hush")], "all"), { code: "28P01" })],
    ["an error of ours", new PoolError("28P01", "hush-hush", { details: { password: "hush-hush" } })],
  ])("takes a secret out of %s, and keeps kind, code and the place", (_, error) => {
    const clean = withoutSecrets(error, secrets) as Error;
    expect(inspect(clean, { depth: 9 })).not.toContain("hush-hush");
    expect(clean).toBeInstanceOf(error.constructor);
    expect(clean).toMatchObject({ name: error.name, code: "28P01" });
    expect(clean.stack).toContain("secrets.test.ts");
  });

  test("finds a secret with quotes and line breaks where a field shows it escaped", () => {
    const key = "-----BEGIN KEY-----\nO'Brien\\\n-----END KEY-----";
    const clean = withoutSecrets(Object.assign(new Error("bad"), { options: { key } }), [key]);
    expect(inspect(clean)).not.toContain("Brien");
  });

  test("shows what is thrown and no error as a clean text", () => {
    expect(withoutSecrets({ said: "hush-hush" }, secrets)).toBe("{ said: '[redacted]' }");
  });

  test("ends on an error that is its own cause", () => {
    const error = new Error("hush-hush");
    error.cause = error;
    expect(inspect(withoutSecrets(error, secrets), { depth: 20 })).not.toContain("hush-hush");
  });
});

test("cleanText replaces the longer of two secrets that overlap", () => {
  expect(cleanText("the hush-hush", secretTexts({ a: { password: "hush" }, b: { password: "hush-hush" } }))).toBe(
    "the [redacted]",
  );
});

test("what a connector rejects with, finds and tells shows no secret", async () => {
  const backend = new MemoryBackend();
  const url = "memory://ann:hush%2Dhush@host/db";
  const connector = backend.connector({ options: { url, password: "s3cr3t" } });
  const leak = new Error(`cannot reach ${url} as ann with s3cr3t or hush-hush`, {
    cause: { config: { url, password: "s3cr3t" } },
  });
  const show = (value: unknown): string =>
    `${inspect(value, { depth: 12, showHidden: true })} ${String((value as Error).stack)}`;
  backend.beforeOpen = () => Promise.reject(leak);
  expect(show(await failureOf(connector.connect()))).not.toMatch(/s3cr3t|hush/);
  backend.beforeOpen = () => undefined;
  await connector.connect();
  backend.onCheck = () => Promise.reject(leak);
  expect(show(await connector.healthCheck())).not.toMatch(/s3cr3t|hush/);
});
