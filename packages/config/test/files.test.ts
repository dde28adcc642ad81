import { execFileSync } from "node:child_process";
import { type Connector, connectAll } from "@pool/core";
import { describe, expect, test } from "vitest";
import { loadConnectors } from "../src/index.js";
import { factories, type Store } from "./support/factories.js";
import { folderWith, problemsOf } from "./support/folder.js";

/** What the connector `main` of a file was told, connected. */
async function mainOf(
  name: string,
  text: string,
  env: Record<string, string> = {},
): Promise<Readonly<Record<string, unknown>>> {
  using folder = folderWith({ [name]: text });
  const connectors = await loadConnectors({ file: folder.file(name), factories, env });
  await using registry = await connectAll(connectors);
  return (registry.get("main") as Connector<Store>).client.options;
}

describe("a file", () => {
  test.each([
    [
      "pool.json",
      '{ "connectors": { "main": { "kind": "store", "maxSize": 4, "acquireTimeout": "5s", "autoReconnect": false } } }',
    ],
    ["pool.yaml", "connectors:\n  main: { kind: store, maxSize: 4, acquireTimeout: 5s, autoReconnect: false }\n"],
    [
      "pool.YML",
      "connectors:\n  main:\n    kind: store\n    max_size: 4\n    acquire-timeout: 5s\n    auto_reconnect: false\n",
    ],
    [
      "bom.json",
      '\uFEFF{ "connectors": { "main": { "kind": "store", "maxSize": 4, "acquireTimeout": 5000, "autoReconnect": false } } }',
    ],
  ])("%s describes connectors by name", async (name, text) => {
    expect(await mainOf(name, text)).toMatchObject({
      maxSize: 4,
      acquireTimeout: 5_000,
      autoReconnect: false,
      mode: "safe",
    });
  });

  test("names options as their adapter does, or as files and variables like to", async () => {
    const yaml = "connectors: { main: { kind: plain, health_check_interval: 5s, pragmas: { cache_size: 7 } } }";
    expect(await mainOf("pool.yaml", yaml)).toMatchObject({ healthCheckInterval: 5_000, pragmas: { cache_size: 7 } });
  });

  test("may share settings by anchors and merge keys, and hold what is no connector", async () => {
    const yaml =
      "defaults: &defaults { maxSize: 7, mode: fast }\nconnectors:\n  main: { <<: *defaults, kind: store, mode: safe }\n";
    expect(await mainOf("pool.yaml", yaml)).toMatchObject({ maxSize: 7, mode: "safe" });
  });

  test("may merge several anchors into one map", async () => {
    const yaml = "a: &a { maxSize: 7 }\nb: &b { mode: fast }\nconnectors:\n  main: { <<: *a, <<: *b, kind: store }\n";
    expect(await mainOf("pool.yaml", yaml)).toMatchObject({ maxSize: 7, mode: "fast" });
  });

  test("leaves out what is empty", async () => {
    expect(await mainOf("pool.yaml", "connectors:\n  main:\n    kind: store\n    maxSize:\n")).toMatchObject({
      maxSize: 10,
    });
  });

  test("starts relative paths at its own folder, and leaves alone what is no path", async () => {
    using folder = folderWith({
      "etc/pool.yaml": [
        "connectors:",
        "  relative: { kind: store, file: data/x.db }",
        "  absolute: { kind: store, file: /var/x.db }",
        "  memory: { kind: store, file: ':memory:' }",
        "  url: { kind: store, file: 'file:x.db' }",
        "  other: { kind: cache, socket: ./redis.sock, file: x }",
      ].join("\n"),
    });
    const socket = { ...factories, cache: { create: factories.cache, paths: ["socket"] } };
    await using registry = await connectAll(
      await loadConnectors({ file: folder.file("etc/pool.yaml"), factories: socket, env: {} }),
    );
    const options = [...registry.connectors().values()].map(
      (connector) => (connector as Connector<Store>).client.options,
    );
    expect(options.map(({ file }) => file)).toEqual([
      folder.file("etc/data/x.db"),
      "/var/x.db",
      ":memory:",
      "file:x.db",
      "x",
    ]);
    expect(options[4]).toMatchObject({ socket: folder.file("etc/redis.sock") });
  });
});

describe("several files", () => {
  test("are put on top of each other, setting by setting, also within settings", async () => {
    using folder = folderWith({
      "pool.yaml": "connectors:\n  main: { kind: store, maxSize: 4, mode: fast, pragmas: { a: 1, b: 2 } }\n",
      "production.json":
        '{ "connectors": { "main": { "max_size": 40, "pragmas": { "b": 3 } }, "extra": { "kind": "cache" } } }',
    });
    const file = [folder.file("pool.yaml"), folder.file("production.json")];
    await using registry = await connectAll(await loadConnectors({ file, factories, env: {} }));
    expect((registry.get("main") as Connector<Store>).client.options).toMatchObject({
      maxSize: 40,
      mode: "fast",
      pragmas: { a: 1, b: 3 },
    });
    expect(registry.names()).toEqual(["main", "extra"]);
  });

  test("are of one mind about a name, however each writes it, and tell of a mistake as its own file writes it", async () => {
    using folder = folderWith({
      "pool.yaml": "connectors:\n  orders_db: { kind: store, max_size: 4 }\n",
      "production.yaml": "connectors:\n  ordersDb: { maxSize: 8 }\n",
      "wrong.yaml": "connectors:\n  ordersDb: { maxSize: 0 }\n",
    });
    const load = (name: string): Promise<Record<string, Connector>> =>
      loadConnectors({ file: [folder.file("pool.yaml"), folder.file(name)], factories, env: {} });
    const connectors = await load("production.yaml");
    expect(Object.keys(connectors)).toEqual(["orders_db"]);
    expect(connectors.orders_db?.config.maxSize).toBe(8);
    expect(await problemsOf(load("wrong.yaml"), folder.path)).toEqual([
      "wrong.yaml: connectors.orders_db.maxSize must be a whole number from 1 to 100, got 0",
    ]);
  });

  test("replace a reference by a map, and a map by a reference, whole", async () => {
    using folder = folderWith({
      "pool.yaml": "connectors:\n  main: { kind: cache, a: { fromEnv: X }, b: { c: 1 } }\n",
      "production.yaml": "connectors:\n  main: { a: { c: 1 }, b: { fromEnv: X } }\n",
    });
    const file = [folder.file("pool.yaml"), folder.file("production.yaml")];
    const { main } = await loadConnectors({ file, factories, env: { X: "x" }, expect: { main: "cache" } });
    expect((await main.connect()).client.options).toEqual({ a: { c: 1 }, b: "x" });
  });

  test("replace a connector whole when they name another kind", async () => {
    using folder = folderWith({
      "pool.yaml": "connectors:\n  main: { kind: store, file: x.db, maxSize: 4 }\n",
      "production.yaml": "connectors:\n  main: { kind: cache, url: 'cache://host' }\n",
    });
    const file = [folder.file("pool.yaml"), folder.file("production.yaml")];
    const { main } = await loadConnectors({ file, factories, env: {}, expect: { main: ["store", "cache"] } });
    expect(main.config).toEqual(Object.assign(Object.create(null), { url: "cache://host" }));
  });
});

describe("what is wrong with a file is told with its name and the path within", () => {
  const cases: [string, string, string[]][] = [
    [
      "main: { kind: store, maxSize: 0 }",
      "an option out of range",
      ["pool.yaml: connectors.main.maxSize must be a whole number from 1 to 100, got 0"],
    ],
    [
      "main: { kind: store, max_size: many }",
      "an option of another type",
      ['pool.yaml: connectors.main.max_size must be a whole number from 1 to 100, got "many"'],
    ],
    [
      "main: { kind: store, maxSiz: 4 }",
      "an unknown option",
      ["pool.yaml: connectors.main.maxSiz is no option of store; did you mean maxSize?"],
    ],
    [
      "main: { kind: store, maxSiz: }",
      "an unknown option without a value",
      ["pool.yaml: connectors.main.maxSiz is no option of store; did you mean maxSize?"],
    ],
    [
      "main: { kind: plain, password:hush-hush, maxSize=4 }",
      "options without a space",
      [
        "pool.yaml: connectors.main.password… has its value within its name: between them belong a colon and a space",
        "pool.yaml: connectors.main.maxSize… has its value within its name: between them belong a colon and a space",
      ],
    ],
    [
      "main: { kind: plain, pragmas: { key:hush-hush } }",
      "one within an option",
      [
        "pool.yaml: connectors.main.pragmas.key… has its value within its name: between them belong a colon and a space",
      ],
    ],
    [
      "main: { kind: plain, 'password: hush-hush': 1, 'a:hush-hush': 2 }",
      "names that are none of options",
      [
        "pool.yaml: connectors.main.password… is no name of an option",
        "pool.yaml: connectors.main.a… is no name of an option",
      ],
    ],
    [
      "main: { kind: 'store password:hush-hush' }",
      "a kind that is more than that",
      ['pool.yaml: connectors.main.kind must be one of "store", "plain", "cache", got a string of 24 characters'],
    ],
    [
      "main: { kind: stor }",
      "an unknown kind",
      ['pool.yaml: connectors.main.kind must be one of "store", "plain", "cache", got "stor"'],
    ],
    [
      "main: { kind: 7 }",
      "a kind that is no text",
      ['pool.yaml: connectors.main.kind must be one of "store", "plain", "cache", got a number'],
    ],
    [
      "main: { kind: toString }",
      "a kind that every object has",
      ['pool.yaml: connectors.main.kind must be one of "store", "plain", "cache", got "toString"'],
    ],
    [
      "main: { maxSize: 4 }",
      "no kind",
      ['pool.yaml: connectors.main.kind is required: one of "store", "plain", "cache"'],
    ],
    ["main: 7", "a connector that is no map", ["pool.yaml: connectors.main must be a map of settings"]],
    ["main:", "an empty connector", ["pool.yaml: connectors.main must be a map of settings"]],
    ["'': { kind: store }", "an empty name", ["pool.yaml: connectors has an empty name"]],
    [
      "a: { kind: stor }\n  b: { kind: store, maxSize: 0, mode: odd }\n  c: { kind: store, x: '${NONE}' }",
      "everything at once",
      [
        'pool.yaml: connectors.a.kind must be one of "store", "plain", "cache", got "stor"',
        "pool.yaml: connectors.b.maxSize must be a whole number from 1 to 100, got 0",
        'pool.yaml: connectors.b.mode must be one of "fast", "safe", got "odd"',
        "pool.yaml: connectors.c.x needs the variable NONE, which is not set",
      ],
    ],
    [
      "main: { kind: store, maxSize: 1, max_size: 2 }",
      "an option in two spellings",
      ["pool.yaml: connectors.main.max_size is given twice: as maxSize as well"],
    ],
    [
      "orders_db: { kind: store }\n  ordersDb: { kind: store }",
      "two names alike",
      ["pool.yaml: connectors.ordersDb is written like connectors.orders_db: no variable could tell them apart"],
    ],
    [
      "__proto__: { kind: store }",
      "a name that would reach a prototype",
      ["pool.yaml: connectors.__proto__ is a name that no setting may have"],
    ],
    [
      "main: { kind: store, pragmas: { constructor: 1, prototype: 2 } }",
      "such a name further down",
      [
        "pool.yaml: connectors.main.pragmas.constructor is a name that no setting may have",
        "pool.yaml: connectors.main.pragmas.prototype is a name that no setting may have",
      ],
    ],
  ];
  test.each(cases.map(([yaml, label, problems]) => [label, yaml, problems] as const))(
    "%s",
    async (_, yaml, problems) => {
      using folder = folderWith({ "pool.yaml": `connectors:\n  ${yaml}\n` });
      expect(
        await problemsOf(loadConnectors({ file: folder.file("pool.yaml"), factories, env: {} }), folder.path),
      ).toEqual(problems);
      expect(({} as { kind?: string }).kind).toBeUndefined();
    },
  );

  test("JSON's own __proto__ is refused as well, and reaches nothing", async () => {
    using folder = folderWith({
      "pool.json": '{ "connectors": { "main": { "kind": "cache", "x": { "__proto__": { "polluted": true } } } } }',
    });
    expect(
      await problemsOf(loadConnectors({ file: folder.file("pool.json"), factories, env: {} }), folder.path),
    ).toEqual(["pool.json: connectors.main.x.__proto__ is a name that no setting may have"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  const texts: [string, string | Buffer, string][] = [
    ["no.toml", "", "no.toml: must end in .json, .yaml or .yml"],
    ["a.yaml", "connector: {}", "a.yaml: has no connectors"],
    ["a.yaml", "", "a.yaml: has no connectors"],
    ["a.yaml", "[]", "a.yaml: has no connectors"],
    ["a.yaml", "connectors: 7", "a.yaml: connectors must be a map from name to settings"],
    ["a.yaml", "connectors: {}", "a.yaml: describes no connector; give a file, or variables such as POOL_MAIN__KIND"],
    [
      "a.yaml",
      "connectors: *nothing",
      "a.yaml: is not YAML of plain data: an alias without an anchor before it, or too many aliases",
    ],
    ["a.yaml", "a: 1\nb:\n  x: 1\n  y: 2\n  x: hush-hush", 'a.yaml: gives "x" twice in one map (line 5, column 3)'],
    ["a.yaml", "{ 'x: hush': 1, 'x: hush': 2 }", 'a.yaml: gives "x…" twice in one map (line 1, column 17)'],
    ["a.json", '{ "x=hush": 1, "x=hush": 2 }', 'a.json: gives "x…" twice in one object (line 1, column 16)'],
    ["a.yaml", "a: 'hush-hush\nb: 2", "a.yaml: is not YAML of plain data: missing char (line 2, column 5)"],
    ["a.yaml", "a: !!js/function hush-hush", "a.yaml: is not YAML of plain data: a tag (line 1, column 4)"],
    ["a.yaml", "a:\n\tb: 1", "a.yaml: is not YAML of plain data: a tab as indentation (line 2, column 1)"],
    ["a.yaml", "a: 1\n---\nb: 2", "a.yaml: is not YAML of plain data: more than one document (line 2, column 1)"],
    ["a.yaml", "? [a]\n: 1", "a.yaml: uses an explicit key (?), which no setting has"],
    ["a.yaml", "{ [a]: 1 }", "a.yaml: has a key that is no text (line 1, column 3)"],
    ["a.json", '{ "a": 1, "b": { "c": "{\\"", "c": 2 } }', 'a.json: gives "c" twice in one object (line 1, column 30)'],
    ["a.json", '{ "a": hush-hush }', "a.json: is not JSON (line 1, column 8)"],
    ["a.json", "", "a.json: is not JSON (line 1, column 1)"],
    ["a.yaml", Buffer.from([0xff, 0xfe, 0x00]), "a.yaml: cannot be read as a config file: it is not UTF-8 text"],
    ["a.yaml", "#".repeat(65_537), "a.yaml: has 65537 bytes; a config file may have 65536"],
    ["a.yaml", `connectors: ${"[".repeat(40)}`, "a.yaml: is nested deeper than 32 levels"],
    ["a.yaml", "- ".repeat(40), "a.yaml: is nested deeper than 32 levels"],
    [
      "a.json",
      `{ "connectors": { "main": { "x": ${"[".repeat(40)}${"]".repeat(40)} } } }`,
      "a.json: connectors is nested deeper than 32 levels",
    ],
    [
      "a.json",
      `{ "connectors": { "main": { "x": [${"1,".repeat(10_000)}1] } } }`,
      "a.json: connectors holds more than 10000 values",
    ],
  ];
  test.each(texts.map((item, index) => [index, ...item] as const))(
    "%i: a text that is no configuration: %s",
    async (_, name, text, problem) => {
      using folder = folderWith({ [name]: text });
      expect(await problemsOf(loadConnectors({ file: folder.file(name), factories, env: {} }), folder.path)).toEqual([
        problem,
      ]);
    },
  );

  test("a file that is not there, a folder and a pipe", async () => {
    using folder = folderWith({ "folder.yaml/x": "" });
    execFileSync("mkfifo", [folder.file("pipe.yaml")]);
    const load = (name: string): Promise<readonly string[]> =>
      problemsOf(loadConnectors({ file: folder.file(name), factories, env: {} }), folder.path);
    expect(await load("none.yaml")).toEqual(["none.yaml: cannot be read as a config file: there is none (ENOENT)"]);
    expect(await load("folder.yaml")).toEqual(["folder.yaml: is no file, so it cannot be a config file"]);
    expect(await load("pipe.yaml")).toEqual(["pipe.yaml: is no file, so it cannot be a config file"]);
  });
});

test.each([
  ["brackets", "[".repeat(65_536)],
  ["maps", "{a: ".repeat(16_384)],
  ["keys", Array.from({ length: 6_000 }, (_, i) => `k${String(i)}: 1`).join("\n")],
  ["explicit keys", "? ".repeat(32_768)],
  ["dashes", "- ".repeat(32_768)],
  [
    "aliases",
    `a: &a [${"1,".repeat(99)}1]\nb: &b [${"*a,".repeat(99)}*a]\nconnectors: { main: { kind: store, x: [${"*b,".repeat(99)}*b] } }`,
  ],
  ["a circle", "connectors: &a { main: *a }"],
])("a hostile file of %s is refused before long", { timeout: 10_000 }, async (_, text) => {
  using folder = folderWith({ "a.yaml": text });
  expect(
    await problemsOf(loadConnectors({ file: folder.file("a.yaml"), factories, env: {} }), folder.path),
  ).toHaveLength(1);
});
