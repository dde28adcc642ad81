import { describe, expect, it } from "vitest";
import {
  describeOptions,
  invalidOptions,
  type PoolError,
  readOptions,
  secretNames,
  type OptionTable,
} from "../src/index.js";

interface Options {
  host: string;
  port?: number;
  timeout?: number | string;
  tls?: boolean;
  mode?: "read" | "write";
  ratio?: number;
  onLost?: () => void;
  password?: string;
  pem?: unknown;
  note?: string;
  retries?: number;
}

const table: OptionTable<Options> = {
  host: { type: "string", required: true, doc: "Where it listens." },
  port: { type: "integer", min: 1, max: 65_535, default: 5_432, doc: "Its port." },
  timeout: { type: "duration", min: 100, max: 60_000, default: 5_000, doc: "Longest wait." },
  tls: { type: "boolean", default: true, doc: "Encrypt | verify." },
  mode: { type: "enum", values: ["read", "write"], default: "read", doc: "What it may do." },
  ratio: { type: "number", min: 0, max: 1, unit: "of the whole", doc: "A share." },
  onLost: { type: "function", shape: "a function without arguments", doc: "Called on loss." },
  password: { type: "string", secret: true, doc: "The secret." },
  pem: {
    type: "custom",
    shape: "a PEM text",
    secret: true,
    check: (value) => (typeof value === "string" && value.startsWith("---") ? undefined : "a PEM text"),
    doc: "The key.",
  },
  note: { type: "string", allowEmpty: true, doc: "Anything." },
  retries: { type: "integer", min: 0, infinity: true, default: Infinity, doc: "How often." },
};

function problemsOf(input: unknown): readonly string[] {
  try {
    readOptions(table, input, "thing");
  } catch (error) {
    expect(error).toMatchObject({ code: "INVALID_OPTIONS" });
    return (error as PoolError).details.problems as string[];
  }
  return [];
}

describe("readOptions", () => {
  it("fills in the defaults, and leaves out what has none", () => {
    expect(readOptions(table, { host: "db" }, "thing")).toEqual({
      host: "db",
      port: 5_432,
      timeout: 5_000,
      tls: true,
      mode: "read",
      retries: Infinity,
    });
  });

  it("takes what is given, durations in ms", () => {
    const onLost = (): void => undefined;
    const read = readOptions(
      table,
      { host: "db", port: 1, timeout: "2s", tls: false, mode: "write", ratio: 0, onLost, note: "", retries: 0 },
      "thing",
    );
    expect(read).toEqual({
      host: "db",
      port: 1,
      timeout: 2_000,
      tls: false,
      mode: "write",
      ratio: 0,
      onLost,
      note: "",
      retries: 0,
    });
  });

  it("takes undefined for left out, under unknown names too", () => {
    expect(readOptions(table, { host: "db", port: undefined, nonsense: undefined }, "thing").port).toBe(5_432);
  });

  it("tells of every problem at once, and whose they are", () => {
    let error: unknown;
    try {
      readOptions(table, { prot: 1, port: 0, tls: "yes" }, 'connector "db"');
    } catch (thrown) {
      error = thrown;
    }
    expect((error as PoolError).message).toBe(
      'connector "db": unknown option "prot"; did you mean port?; host is required: a string that is not empty; ' +
        'port must be a whole number from 1 to 65535, got 0; tls must be true or false, got "yes"',
    );
    expect((error as PoolError).details.problems).toHaveLength(4);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ port: 0.5 }, "port must be a whole number from 1 to 65535, got 0.5"],
    [{ port: 70_000 }, "port must be a whole number from 1 to 65535, got 70000"],
    [{ port: Infinity }, "port must be a whole number from 1 to 65535, got Infinity"],
    [{ port: NaN }, "port must be a whole number from 1 to 65535, got NaN"],
    [{ port: null }, "port must be a whole number from 1 to 65535, got null"],
    [{ port: 5n }, "port must be a whole number from 1 to 65535, got 5"],
    [{ ratio: 1.1 }, "ratio must be a number from 0 to 1 of the whole, got 1.1"],
    [{ retries: -1 }, "retries must be a whole number of at least 0, or Infinity, got -1"],
    [{ timeout: 99 }, 'timeout must be a duration in ms or as text like "30s" from 100 ms to 60000 ms, got 99'],
    [{ timeout: "2m" }, 'timeout must be a duration in ms or as text like "30s" from 100 ms to 60000 ms, got "2m"'],
    [
      { timeout: "never" },
      'timeout must be a duration in ms or as text like "30s" from 100 ms to 60000 ms, got "never"',
    ],
    [{ mode: "append" }, 'mode must be one of "read", "write", got "append"'],
    [{ onLost: "log" }, 'onLost must be a function without arguments, got "log"'],
    [{ note: 5 }, "note must be a string, got 5"],
    [{ host: "" }, 'host must be a string that is not empty, got ""'],
    [{ host: ["a"] }, "host must be a string that is not empty, got an array"],
    [{ host: {} }, "host must be a string that is not empty, got an object"],
    [{ host: () => "" }, "host must be a string that is not empty, got a function"],
    [{ port: "x".repeat(61) }, "port must be a whole number from 1 to 65535, got a string of 61 characters"],
  ])("refuses %o", (input, problem) => {
    expect(problemsOf({ host: "db", ...input })).toEqual([problem]);
  });

  it("never shows a secret, or what was meant to be one", () => {
    const problems = problemsOf({ host: "db", password: 12_345, pem: "s3cret" });
    expect(problems).toEqual([
      "password must be a string that is not empty, got a number",
      "pem must be a PEM text, got a string",
    ]);
  });

  it.each([null, 5, "text", [], () => undefined])("refuses %o in place of options", (input) => {
    const [problem] = problemsOf(input);
    expect(problem).toMatch(/^options must be an object, got (an array|a function|null|5|"text")$/);
  });

  it("takes no option from a prototype", () => {
    expect(problemsOf(Object.create({ host: "db" }))).toEqual(["host is required: a string that is not empty"]);
    expect(problemsOf(JSON.parse('{"host": "db", "__proto__": {}}'))[0]).toContain('unknown option "__proto__"');
  });

  it("suggests what was meant: another case, dashes, or two letters wrong", () => {
    expect(problemsOf({ host: "db", TIMEOUT: 5 })[0]).toContain("did you mean timeout?");
    expect(problemsOf({ host: "db", "on-lost": 5 })[0]).toContain("did you mean onLost?");
    expect(problemsOf({ host: "db", pasword: "x" })[0]).toContain("did you mean password?");
    expect(problemsOf({ host: "db", colour: 5 })[0]).toContain("; known are host, port, ");
  });
});

describe("describeOptions", () => {
  it("makes a table row of each option", () => {
    expect(describeOptions(table).split("\n")).toEqual([
      "| option | takes | default | meaning |",
      "| --- | --- | --- | --- |",
      "| `host` | a string that is not empty | required | Where it listens. |",
      "| `port` | a whole number from 1 to 65535 | `5432` | Its port. |",
      '| `timeout` | a duration in ms or as text like "30s" from 100 ms to 60000 ms | `5000` | Longest wait. |',
      "| `tls` | true or false | `true` | Encrypt \\| verify. |",
      '| `mode` | one of "read", "write" | `"read"` | What it may do. |',
      "| `ratio` | a number from 0 to 1 of the whole | – | A share. |",
      "| `onLost` | a function without arguments | – | Called on loss. |",
      "| `password` | a string that is not empty | – | The secret. |",
      "| `pem` | a PEM text | – | The key. |",
      "| `note` | a string | – | Anything. |",
      "| `retries` | a whole number of at least 0, or Infinity | `Infinity` | How often. |",
    ]);
  });
});

describe("the rest", () => {
  it("names the options that hold secrets", () => {
    expect(secretNames(table)).toEqual(new Set(["password", "pem"]));
  });

  it("makes one error of problems that only show together", () => {
    expect(invalidOptions("pool", ["a", "b"])).toMatchObject({
      code: "INVALID_OPTIONS",
      message: "pool: a; b",
      details: { problems: ["a", "b"] },
    });
  });
});
