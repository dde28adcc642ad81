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
    const hidden = ["hush-1", "hush-2", "hush-3", "bob", "4711", "hush-4", "ann:hush-1"];
    const forms = (text: string): string[] => {
      const base64 = Buffer.from(text).toString("base64").replace(/=+$/, "");
      return text.length > 3 ? [text, base64, encodeURIComponent(text)] : [text];
    };
    expect(new Set(secretTexts(options, new Set(["pin"])))).toEqual(new Set(hidden.flatMap(forms)));
  });

  test.each([
    ["postgres://ann:p%40ss%2Fword@host/db", ["p%40ss%2Fword", "p@ss/word"]],
    ["postgres://ann:p@ss@host/db", ["p@ss"]],
    ["postgres://ann:p,ss@wo,rd@host/db", ["p,ss@wo,rd"]],
    [`redis://:${"x".repeat(2_000)}@host`, ["x".repeat(2_000)]],
    ["mysql://host/db?access_token=hush-hush&accountKey=hush-hush-2", ["hush-hush", "hush-hush-2"]],
    ["mysql://host/db?user=ann&password=hush-hush&ssl=1", ["hush-hush"]],
  ])("finds the credentials in %s", (url, secrets) => {
    expect(secretTexts({ url })).toEqual(expect.arrayContaining(secrets));
    expect(secretTexts({ urls: [new URL(url)] })).toEqual(
      expect.arrayContaining(secrets.slice(0, 1).map((secret) => secret.replace("@", "%40"))),
    );
  });

  test("finds the password in an address that should have had it encoded", () => {
    expect(secretTexts({ url: "postgres://ann:p#ss,wo/rd?x@host/db" })).toContain("p#ss,wo/rd?x");
    expect(secretTexts({ url: "https://host/users/@me" })).toEqual([]);
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

describe("a secret is found in every form that it may be quoted in", () => {
  const pins = [
    'Q1"Q2\\Q3',
    "Q1'Q2`Q3\"Q4",
    "Q1\nQ2\tQ3",
    "Q1ä Q2&$/Q3",
    `-----BEGIN Q1-----\n${"Q2EvQIBADANBgkqhkiG9w0BAQEFAASC\n".repeat(4)}-----END Q3-----\n`,
  ];
  const quotings: [string, (pin: string) => string][] = [
    ["JSON", (pin) => JSON.stringify({ pin })],
    ["JSON beside other quotes", (pin) => JSON.stringify([`'"\``, pin])],
    ["a dump", (pin) => inspect({ pin })],
    ["a dump of a text", (pin) => inspect(`${pin} is '"\`!`, { breakLength: Infinity })],
    ["a statement", (pin) => `ALTER ROLE ann PASSWORD '${pin.replaceAll("'", "''")}'`],
    ["a part of a URL", (pin) => encodeURIComponent(pin)],
    ["the password of a URL", (pin) => Object.assign(new URL("db://host"), { password: pin }).href],
  ];
  test.each(quotings.flatMap(([label, quote]) => pins.map((pin) => [label, pin, quote] as const)))(
    "%s: %j",
    (_, pin, quote) => {
      const cleaned = cleanText(`refused ${quote(pin)}`, secretTexts({ pin }, new Set(["pin"])));
      expect(cleaned).toContain("[redacted]");
      expect(cleaned).not.toMatch(/Q\d/);
    },
  );
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

test.each([
  ["base64 of the password", Buffer.from("p@ss word").toString("base64")],
  ["base64url of the password", Buffer.from("p@ss word").toString("base64url")],
  ["base64 of user and password", `Basic ${Buffer.from("ann:p@ss word").toString("base64")}`],
  ["the password percent-encoded", "postgres host=db password%3Dp%40ss%20word"],
  ["the password form-encoded", "p%40ss+word"],
])("%s shows in no error", (_, text) => {
  const secrets = secretTexts({ user: "ann", password: "p@ss word" });
  const cleaned = withoutSecrets(new Error(`refused ${text}`), secrets);
  expect(String(cleaned)).toContain("[redacted]");
  expect(String(cleaned)).not.toMatch(/cEBzcyB3b3Jk|YW5uOnBAc3Mgd29yZ|p%40ss/);
  const ofUrl = secretTexts({ url: "postgres://ann:p%40ss%20word@db/x" });
  expect(String(withoutSecrets(new Error(text), ofUrl))).not.toMatch(/cEBzcyB3b3Jk|YW5uOnBAc3Mgd29yZ|p%40ss/);
});

test("a secret in a field that is not enumerable is found as well", () => {
  const error = Object.defineProperty(new Error("refused"), "config", { value: { password: "hush-hush" } });
  const cleaned = withoutSecrets(error, secretTexts({ password: "hush-hush" }));
  expect(inspect(cleaned, { showHidden: true })).not.toContain("hush-hush");
});
