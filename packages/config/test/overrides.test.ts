import { type Connector, connectAll } from "@pool/core";
import { describe, expect, test } from "vitest";
import { type Environment, loadConnectors } from "../src/index.js";
import { factories, type Store } from "./support/factories.js";
import { folderWith, problemsOf } from "./support/folder.js";

/** What each connector was told, by name. */
async function optionsFrom(
  env: Environment,
  yaml?: string,
): Promise<Record<string, Readonly<Record<string, unknown>>>> {
  using folder = folderWith({ "pool.yaml": yaml ?? "" });
  const file = yaml === undefined ? {} : { file: folder.file("pool.yaml") };
  await using registry = await connectAll(await loadConnectors({ ...file, env, factories }));
  return Object.fromEntries(
    [...registry.connectors()].map(([name, connector]) => [name, (connector as Connector<Store>).client.options]),
  );
}

describe("a variable", () => {
  test("sets an option over the file's", async () => {
    const options = await optionsFrom(
      { POOL_MAIN__MAX_SIZE: "20" },
      "connectors: { main: { kind: store, max_size: 4, mode: fast } }",
    );
    expect(options.main).toMatchObject({ maxSize: 20, mode: "fast" });
  });

  test("describes a whole connector, with no file at all", async () => {
    const options = await optionsFrom({
      POOL_MAIN__KIND: "store",
      POOL_MAIN__ACQUIRE_TIMEOUT: "5s",
      POOL_ORDERS_DB__KIND: "cache",
      POOL_ORDERS_DB__URL: "cache://host",
    });
    expect(options).toEqual({
      main: expect.objectContaining({ acquireTimeout: 5_000 }) as object,
      ordersDb: { url: "cache://host" },
    });
  });

  test("finds a connector however its name is written", async () => {
    const options = await optionsFrom({ POOL_ORDERS_DB__MAX_SIZE: "7" }, "connectors: { orders-db: { kind: store } }");
    expect(options["orders-db"]).toMatchObject({ maxSize: 7 });
  });

  test("finds an option however its name is written, and leaves the file's spelling", async () => {
    const options = await optionsFrom({ POOL_MAIN__SIZE_MB: "2" }, "connectors: { main: { kind: cache, sizeMB: 1 } }");
    expect(options.main).toEqual({ sizeMB: 2 });
  });

  test("may name another kind, which does without the file's options under the same name", async () => {
    const yaml = "connectors: { orders-db: { kind: store, maxSize: 4 } }";
    expect(await optionsFrom({ POOL_ORDERS_DB__KIND: "cache" }, yaml)).toEqual({ "orders-db": {} });
  });

  test("may repeat the kind, also where the file takes it from a variable", async () => {
    const options = await optionsFrom(
      { POOL_MAIN__KIND: "store", K: "store" },
      "connectors: { main: { kind: '${K}', maxSize: 4 } }",
    );
    expect(options.main).toMatchObject({ maxSize: 4 });
  });

  test("reaches into an option, under the name that is there", async () => {
    const yaml = "connectors: { main: { kind: cache, tls: { reject_unauthorized: true, server-name: a } } }";
    const env = {
      POOL_MAIN__TLS__REJECT_UNAUTHORIZED: "false",
      POOL_MAIN__TLS__SERVER_NAME: "b",
      POOL_MAIN__TLS__MIN_VERSION: "TLSv1.3",
    };
    expect((await optionsFrom(env, yaml)).main).toEqual({
      tls: { reject_unauthorized: false, "server-name": "b", minVersion: "TLSv1.3" },
    });
  });

  test("holds its path relative to the working directory", async () => {
    const options = await optionsFrom({ POOL_MAIN__FILE: "x.db" }, "connectors: { main: { kind: store } }");
    expect(options.main?.file).toBe(`${process.cwd()}/x.db`);
  });

  test("is taken as it is: nothing is put into it", async () => {
    const options = await optionsFrom({ POOL_MAIN__KIND: "cache", POOL_MAIN__PASSWORD: "${HOME}$${x" });
    expect(options.main).toEqual({ password: "${HOME}$${x" });
  });
});

describe("the text of a variable is what its target takes", () => {
  test.each([
    ["maxSize", "20", 20],
    ["acquireTimeout", "1500", 1_500],
    ["acquireTimeout", "1.5s", 1_500],
    ["acquireTimeout", "never", Infinity],
    ["acquireTimeout", "Infinity", Infinity],
    ["autoReconnect", "off", false],
    ["autoReconnect", "YES", true],
    ["autoReconnect", "0", false],
    ["mode", "fast", "fast"],
    ["file", ":memory:", ":memory:"],
    ["password", "12345", "12345"],
    ["pin", "0815", "0815"],
    ["seal", "4711", "4711"],
    ["pragmas", '{"cache_size": 7, "wal": true}', { cache_size: 7, wal: true }],
  ])("by the adapter's table: %s=%s is %j", async (option, text, value) => {
    const variable = `POOL_MAIN__${option.replaceAll(/[A-Z]/g, "_$&").toUpperCase()}`;
    expect((await optionsFrom({ POOL_MAIN__KIND: "store", [variable]: text })).main?.[option]).toEqual(value);
  });

  test.each([
    ["a: 1", "2", 2],
    ["a: 1", "007", 7],
    ["a: 1", "many", "many"],
    ["a: true", "no", false],
    ["a: text", "2", "2"],
    ["a: text", "true", "true"],
    ["a: '${X:-1}'", "2", 2],
  ])("by what it replaces: %s by %j is %j", async (setting, text, value) => {
    expect(
      (await optionsFrom({ POOL_MAIN__A: text }, `connectors: { main: { kind: cache, ${setting} } }`)).main?.a,
    ).toBe(value);
  });

  test.each([
    ["7", 7],
    ["-1.5", -1.5],
    ["007", "007"],
    ["1e3", "1e3"],
    ["12345678901234567890", "12345678901234567890"],
    ["true", true],
    ["True", "True"],
    ["", ""],
    ['"7"', "7"],
    ['["a", 1]', ["a", 1]],
    ["{ not json", "{ not json"],
    ["[::1]:80", "[::1]:80"],
  ])("by how it looks, where nobody knows: %j is %j", async (text, value) => {
    expect((await optionsFrom({ POOL_MAIN__KIND: "cache", POOL_MAIN__A: text })).main?.a).toEqual(value);
  });

  test("but a secret is always text", async () => {
    const env = {
      POOL_MAIN__KIND: "cache",
      POOL_MAIN__PASSWORD: "007",
      POOL_MAIN__API_KEY: "7",
      POOL_MAIN__AUTH__TOKEN: "true",
    };
    expect((await optionsFrom(env)).main).toEqual({ password: "007", apiKey: "7", auth: { token: "true" } });
  });
});

describe("variables that are none of ours are left alone", () => {
  test("without the two underlines, with another prefix, or with no prefix asked for", async () => {
    const env = { POOL_TEST_URL: "x", POOL_: "x", OTHER_MAIN__KIND: "x", pool_main__max_size: "x" };
    const yaml = "connectors: { main: { kind: store } }";
    expect((await optionsFrom(env, yaml)).main).toMatchObject({ maxSize: 10 });
    using folder = folderWith({ "pool.yaml": yaml });
    const load = async (prefix: string | false): Promise<unknown> =>
      (
        await loadConnectors({
          file: folder.file("pool.yaml"),
          factories,
          prefix,
          env: { POOL_MAIN__MAX_SIZE: "5", APP_MAIN__MAX_SIZE: "6" },
        })
      ).main?.config.maxSize;
    expect([await load(false), await load("APP_"), await load("POOL_")]).toEqual([10, 6, 5]);
  });
});

describe("what is wrong with a variable is told with its name", () => {
  const cases: [string, Record<string, string>, string[]][] = [
    [
      "out of range",
      { POOL_MAIN__MAX_SIZE: "0" },
      ["POOL_MAIN__MAX_SIZE: connectors.main.maxSize must be a whole number from 1 to 100, got 0"],
    ],
    [
      "of another type",
      { POOL_MAIN__MAX_SIZE: "many" },
      ['POOL_MAIN__MAX_SIZE: connectors.main.maxSize must be a whole number from 1 to 100, got "many"'],
    ],
    [
      "unknown",
      { POOL_MAIN__MAX_SIZ: "4" },
      ["POOL_MAIN__MAX_SIZ: connectors.main.maxSiz is no option of store; did you mean maxSize?"],
    ],
    [
      "no such connector",
      { POOL_MAINN__MAX_SIZE: "4" },
      ['POOL_MAINN__MAX_SIZE: connectors.mainn.kind is required: one of "store", "plain", "cache"'],
    ],
    [
      "malformed",
      { POOL_MAIN____MAX: "4", POOL___A: "1", "POOL_MAIN__A-B": "2", POOL_MAIN____PROTO__: "3" },
      [
        "POOL_MAIN__A-B: is no name of a connector and an option with two underlines between",
        "POOL_MAIN____MAX: is no name of a connector and an option with two underlines between",
        "POOL_MAIN____PROTO__: is no name of a connector and an option with two underlines between",
        "POOL___A: is no name of a connector and an option with two underlines between",
      ],
    ],
    [
      "twice",
      { POOL_MAIN__MAX_SIZE: "4", POOL_MAIN__MAXSIZE: "5" },
      ["POOL_MAIN__MAX_SIZE: sets what another variable sets"],
    ],
    [
      "a part of a whole",
      { POOL_MAIN__PRAGMAS: "{}", POOL_MAIN__PRAGMAS__A: "5" },
      ["POOL_MAIN__PRAGMAS__A: sets a part of what POOL_MAIN__PRAGMAS sets whole"],
    ],
    [
      "a name that would reach a prototype",
      { POOL_MAIN__PRAGMAS: '{"__proto__": {"polluted": true}}', POOL_MAIN__CONSTRUCTOR: "1" },
      [
        "POOL_MAIN__CONSTRUCTOR: is a name that no setting may have",
        "POOL_MAIN__PRAGMAS: connectors.main.pragmas.__proto__ is a name that no setting may have",
      ],
    ],
    [
      "JSON without end",
      { POOL_MAIN__PRAGMAS: `{"a":${"[".repeat(40)}${"]".repeat(40)}}` },
      ["POOL_MAIN__PRAGMAS: connectors.main.pragmas is nested deeper than 32 levels"],
    ],
  ];
  test.each(cases)("%s", async (_, env, problems) => {
    using folder = folderWith({ "pool.yaml": "connectors: { main: { kind: store } }" });
    expect(await problemsOf(loadConnectors({ file: folder.file("pool.yaml"), factories, env }), folder.path)).toEqual(
      problems,
    );
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("nothing at all", async () => {
    expect(await problemsOf(loadConnectors({ factories, env: { POOL_X: "1" } }))).toEqual([
      "environment: describes no connector; give a file, or variables such as POOL_MAIN__KIND",
    ]);
  });
});
