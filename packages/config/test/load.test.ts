import { type Connector, connectAll } from "@pool/core";
import { describe, expect, expectTypeOf, test } from "vitest";
import { loadConnectors } from "../src/index.js";
import { type Cache, factories, type Store } from "./support/factories.js";
import { folderWith, problemsOf } from "./support/folder.js";

const yaml = "connectors:\n  main: { kind: store }\n  flags: { kind: cache }\n  orders_db: { kind: plain }\n";

describe("what is expected", () => {
  test("types the connectors by name", async () => {
    using folder = folderWith({ "pool.yaml": yaml });
    const connectors = await loadConnectors({
      file: folder.file("pool.yaml"),
      factories,
      env: {},
      expect: { main: "store", flags: "cache" },
    });
    expectTypeOf(connectors).toEqualTypeOf<{ readonly main: Connector<Store>; readonly flags: Connector<Cache> }>();
    await using registry = await connectAll(connectors);
    expect(registry.get("flags").client.cache).toBe(true);
    // @ts-expect-error nobody expects it
    expect(() => registry.get("mian")).toThrow(/no connector "mian"; known are "main", "flags", "orders_db"/);
  });

  test("may be one of several kinds behind one interface, chosen by configuration", async () => {
    using folder = folderWith({ "pool.yaml": "connectors: { main: { kind: '${DB:-store}' } }" });
    for (const kind of ["store", "plain"] as const) {
      const { main } = await loadConnectors({
        file: folder.file("pool.yaml"),
        factories,
        env: { DB: kind },
        expect: { main: ["store", "plain"] },
      });
      expectTypeOf(main).toEqualTypeOf<Connector<Store>>();
      expect((await main.connect()).client.options).toMatchObject({ maxSize: 10 });
    }
    const mixed = await loadConnectors({
      file: folder.file("pool.yaml"),
      factories,
      env: {},
      expect: { main: ["store", "cache"] },
    });
    expectTypeOf(mixed.main).toEqualTypeOf<Connector<Store> | Connector<Cache>>();
  });

  test("chooses how a name is written", async () => {
    using folder = folderWith({ "pool.yaml": yaml });
    const connectors = await loadConnectors({
      file: folder.file("pool.yaml"),
      factories,
      env: {},
      expect: { ordersDb: "plain" },
    });
    expect(Object.keys(connectors)).toEqual(["main", "flags", "ordersDb"]);
  });

  test("must be there, and of a kind that is allowed", async () => {
    using folder = folderWith({ "pool.yaml": yaml });
    const load = loadConnectors({
      file: folder.file("pool.yaml"),
      factories,
      env: {},
      expect: { main: "cache", flags: ["store", "plain"], mail: "cache" },
    });
    expect(await problemsOf(load, folder.path)).toEqual([
      'pool.yaml: connectors.main.kind must be one of "cache", got "store"',
      'pool.yaml: connectors.flags.kind must be one of "store", "plain", got "cache"',
      "pool.yaml: connectors.mail is required, and not there",
    ]);
  });

  test.each(["toString", "valueOf", "hasOwnProperty"])("may be of any name, also %s", async (name) => {
    const env = { [`POOL_${name}__KIND`]: "cache" };
    expect(Object.keys(await loadConnectors({ factories, env }))).toEqual([name]);
    const expected = await loadConnectors({ factories, env, expect: { [name]: "cache" } });
    expect(Object.keys(expected)).toEqual([name]);
    expect(await problemsOf(loadConnectors({ factories, env, expect: { [name]: "store" } }))).toEqual([
      `POOL_${name}__KIND: connectors.${name}.kind must be one of "store", got "cache"`,
    ]);
  });

  test("need not be said: then any name may be asked for, of any kind", async () => {
    using folder = folderWith({ "pool.yaml": yaml });
    const connectors = await loadConnectors({ file: folder.file("pool.yaml"), factories, env: {} });
    expectTypeOf(connectors).toEqualTypeOf<Record<string, Connector<Store> | Connector<Cache>>>();
    expect(Object.keys(connectors)).toEqual(["main", "flags", "orders_db"]);
  });
});

test("reads the env files of an environment, under what is set outside", async () => {
  using folder = folderWith({
    "pool.yaml": "connectors: { main: { kind: store, maxSize: '${SIZE:-1}', password: { fromEnv: DB_PASSWORD } } }",
    ".env": "SIZE=2\nDB_PASSWORD=dev\n",
    ".env.production": "SIZE=20\nPOOL_MAIN__MODE=fast\nPOOL_MAIN__ACQUIRE_TIMEOUT=1s\n",
  });
  const options = {
    file: folder.file("pool.yaml"),
    envFolder: folder.path,
    factories,
    expect: { main: "store" },
  } as const;
  const read = async (environment: string, env = {}): Promise<Readonly<Record<string, unknown>>> =>
    (await (await loadConnectors({ ...options, environment, env })).main.connect()).client.options;
  expect(await read("development")).toMatchObject({ maxSize: 2, mode: "safe", password: "dev" });
  expect(await read("production", { POOL_MAIN__ACQUIRE_TIMEOUT: "2s" })).toMatchObject({
    maxSize: 20,
    mode: "fast",
    acquireTimeout: 2_000,
  });
});

test("connectors know their names from the map, and show no secret", async () => {
  using folder = folderWith({ "pool.yaml": "connectors: { main: { kind: store, password: hush-hush } }" });
  await using registry = await connectAll(
    await loadConnectors({ file: folder.file("pool.yaml"), factories, env: {}, expect: { main: "store" } }),
  );
  expect(registry.get("main").name).toBe("main");
  expect(registry.get("main").config.password).toBe("[redacted]");
});

test.each([
  [{}, "factories is required: an object from kind to factory"],
  [{ factories: { x: 7 } }, "factories must be an object from kind to factory, got an object"],
  [{ factories, file: 7 }, "file must be a path, or a list of paths, got 7"],
  [{ factories, file: [""] }, "file must be a path, or a list of paths, got an array"],
  [{ factories, prefix: "" }, 'prefix must be a text that is not empty, or false, got ""'],
  [{ factories, env: { A: 7 } }, "env must be an object from name to text, got an object"],
  [
    { factories, expect: { main: [] } },
    "expect must be an object from name to kind, or to a list of kinds, got an object",
  ],
  [{ factories, expect: { main: "stor" } }, 'expect.main names the kind "stor"; known are store, plain, cache'],
  [
    { factories, environment: "no name" },
    'environment must be a name of letters, digits, "-" and "_" such as "production", and not "local", got "no name"',
  ],
  [{ factories, files: "x" }, 'unknown option "files"; did you mean file?'],
])("refuses the options %# with a reason", async (options, problem) => {
  expect(await problemsOf(loadConnectors(options as never))).toEqual([problem]);
});
