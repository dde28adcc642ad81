import { inspect } from "node:util";
import { type Connector, connectAll, invalidOptions, isPoolError, readOptions } from "@pool/core";
import { describe, expect, test } from "vitest";
import { type Environment, loadConnectors } from "../src/index.js";
import { factories, type Store } from "./support/factories.js";
import { folderWith, problemsOf } from "./support/folder.js";

async function mainOf(
  settings: string,
  env: Environment,
  files: Record<string, string> = {},
): Promise<Readonly<Record<string, unknown>>> {
  using folder = folderWith({ ...files, "pool.yaml": `connectors:\n  main: { ${settings} }\n` });
  await using registry = await connectAll(await loadConnectors({ file: folder.file("pool.yaml"), factories, env }));
  return (registry.get("main") as Connector<Store>).client.options;
}

async function problemsWith(
  settings: string,
  env: Environment,
  files: Record<string, string> = {},
): Promise<readonly string[]> {
  using folder = folderWith({ ...files, "pool.yaml": `connectors:\n  main: { ${settings} }\n` });
  return await problemsOf(loadConnectors({ file: folder.file("pool.yaml"), factories, env }), folder.path);
}

describe("a variable in a text", () => {
  test.each([
    ["'${HOST}'", { HOST: "db" }, "db"],
    ["'http://${HOST}:${PORT:-80}/x'", { HOST: "db" }, "http://db:80/x"],
    ["'${PORT:-80}'", { PORT: "81" }, 81],
    ["'${PORT:-80}'", {}, 80],
    ["'${PORT:-80}'", { PORT: "" }, 80],
    ["'${PORT:-}'", {}, ""],
    ["'${A}'", { A: "" }, ""],
    ["'${A:-b:-c}'", {}, "b:-c"],
    ["'$${A} costs $5'", { A: "x" }, "${A} costs $5"],
    ["'${A}'", { A: "${B}", B: "x" }, "${B}"],
    ["'${A}'", { A: "x, injected: true }" }, "x, injected: true }"],
    ["[ '${A}', { b: '${A}' } ]", { A: "x" }, ["x", { b: "x" }]],
    ["'7'", {}, "7"],
  ])("%s with %j is %j", async (text, env, value) => {
    expect((await mainOf(`kind: cache, a: ${text}`, env)).a).toEqual(value);
  });

  test("chooses the kind as well", async () => {
    expect(await mainOf("kind: '${KIND:-store}', maxSize: '${SIZE:-4}'", {})).toMatchObject({ maxSize: 4 });
  });

  test("may begin a path, which starts at the file's folder if it is relative", async () => {
    expect((await mainOf("kind: store, file: '${DIR:-/var}/x.db'", {})).file).toBe("/var/x.db");
    expect((await mainOf("kind: store, file: '${DIR}/x.db'", { DIR: "data" })).file).toMatch(
      /\/pool-config-\w+\/data\/x\.db$/,
    );
  });

  test.each([
    ["'${NONE}'", ["needs the variable NONE, which is not set"]],
    [
      "'${A}${NONE}${ALSO}'",
      ["needs the variable NONE, which is not set", "needs the variable ALSO, which is not set"],
    ],
    ["'${constructor}'", ["needs the variable constructor, which is not set"]],
    ["'${}'", ['holds a "${" that begins neither ${NAME} nor ${NAME:-default}; a "${" as it is is written $${']],
    ["'${A'", ['holds a "${" that begins neither ${NAME} nor ${NAME:-default}; a "${" as it is is written $${']],
    ["'${A-b}'", ['holds a "${" that begins neither ${NAME} nor ${NAME:-default}; a "${" as it is is written $${']],
  ])("%s is refused when it cannot be filled in", async (text, problems) => {
    expect(await problemsWith(`kind: cache, a: ${text}`, { A: "x" })).toEqual(
      problems.map((problem) => `pool.yaml: connectors.main.a ${problem}`),
    );
  });

  test("that is missing is all that is told of its option, also where the adapter would miss it", async () => {
    using folder = folderWith({ "pool.yaml": "connectors: { main: { kind: strict, url: '${NONE}' } }" });
    const strict = (options: { url?: string }): Connector<Store> => {
      if (!options.url) throw invalidOptions("strict", ["url is required: a string that is not empty"]);
      return factories.plain({});
    };
    const load = (env: Environment): Promise<unknown> =>
      loadConnectors({ file: folder.file("pool.yaml"), factories: { strict }, env });
    expect(await problemsOf(load({}), folder.path)).toEqual([
      "pool.yaml: connectors.main.url needs the variable NONE, which is not set",
    ]);
    expect(await problemsOf(load({ NONE: "" }), folder.path)).toEqual([
      "pool.yaml: connectors.main.url is required: a string that is not empty",
    ]);
  });

  test("of a kind that cannot be told is told once", async () => {
    expect(await problemsWith("kind: '${KIND}'", {})).toEqual([
      "pool.yaml: connectors.main.kind needs the variable KIND, which is not set",
    ]);
  });
});

describe("a value that stands elsewhere", () => {
  test("comes from a file beside, without its last line break", async () => {
    expect(
      (await mainOf("kind: store, password: { fromFile: secrets/db }", {}, { "secrets/db": "hush hush\n" })).password,
    ).toBe("hush hush");
    expect(
      (await mainOf("kind: store, password: { from_file: '${DIR}/db' }", { DIR: "s" }, { "s/db": "two\nlines\r\n" }))
        .password,
    ).toBe("two\nlines");
  });

  test("may come from a file anywhere", async () => {
    using elsewhere = folderWith({ secret: "hush" });
    expect((await mainOf(`kind: store, password: { fromFile: '${elsewhere.file("secret")}' }`, {})).password).toBe(
      "hush",
    );
  });

  test("comes from a variable", async () => {
    expect((await mainOf("kind: store, password: { fromEnv: DB_PASSWORD }", { DB_PASSWORD: "123" })).password).toBe(
      "123",
    );
    expect((await mainOf("kind: cache, a: { fromEnv: N }", { N: "123" })).a).toBe("123");
  });

  test("is typed by the adapter's table", async () => {
    expect(
      await mainOf("kind: store, maxSize: { fromEnv: N }, pragmas: { a: { fromEnv: N } }", { N: "12" }),
    ).toMatchObject({ maxSize: 12, pragmas: { a: "12" } });
  });

  test("can be set by variables, over a value and under one", async () => {
    const files = { secret: "from file" };
    expect(
      (await mainOf("kind: cache, password: plain", { POOL_MAIN__PASSWORD__FROM_ENV: "X", X: "from env" })).password,
    ).toBe("from env");
    expect(
      (await mainOf("kind: cache, password: { fromFile: secret }", { POOL_MAIN__PASSWORD: "plain" }, files)).password,
    ).toBe("plain");
    expect(
      (
        await mainOf(
          "kind: cache, password: { fromFile: secret }",
          { POOL_MAIN__PASSWORD__FROM_ENV: "X", X: "from env" },
          files,
        )
      ).password,
    ).toBe("from env");
  });

  test.each([
    [
      "{ fromFile: none }",
      "pool.yaml: connectors.main.password: none: cannot be read as a secret: there is none (ENOENT)",
    ],
    ["{ fromFile: . }", "pool.yaml: connectors.main.password: .: is no file, so it cannot be a secret"],
    ["{ fromFile: large }", "pool.yaml: connectors.main.password: large: has 65537 bytes; a secret may have 65536"],
    ["{ fromEnv: NONE }", "pool.yaml: connectors.main.password needs the variable NONE, which is not set"],
    [
      "{ fromEnv: NONE, fromFile: x }",
      "pool.yaml: connectors.main.password must be a value, or { fromEnv: NAME } or { fromFile: path } alone",
    ],
    [
      "{ fromEnv: '' }",
      "pool.yaml: connectors.main.password must be a value, or { fromEnv: NAME } or { fromFile: path } alone",
    ],
    [
      "{ fromFile: 7 }",
      "pool.yaml: connectors.main.password must be a value, or { fromEnv: NAME } or { fromFile: path } alone",
    ],
  ])("%s is refused when it does not", async (value, problem) => {
    expect(await problemsWith(`kind: store, password: ${value}`, {}, { large: "x".repeat(65_537) })).toEqual([problem]);
  });
});

describe("secrets show in no error", () => {
  /** An adapter that tells all it knows when it refuses. */
  const talkative = (options: object): Connector => {
    throw new Error(`cannot do with ${JSON.stringify(options)}`);
  };

  const tabled = {
    create: talkative,
    options: {
      pin: { type: "string", secret: true, doc: "What lets us in" },
      seal: {
        type: "custom",
        secret: true,
        shape: "an object",
        check: () => undefined,
        doc: "What lets us in as well",
      },
      extra: { type: "custom", shape: "an object", check: () => undefined, doc: "What else there is" },
    },
  } as const;

  test.each([
    ["by a table, from a talkative adapter", "kind: tabled, pin: hush-hush", {}],
    ["by the option's name", "password: hush-hush", {}],
    ["by its table", "kind: store, pin: hush-hush, maxSize: 0", {}],
    ["by the variable's name", "dsn: 'x;${DB_PASSWORD};y'", { DB_PASSWORD: "hush-hush" }],
    ["from a variable", "dsn: { fromEnv: X }", { X: "hush-hush" }],
    ["from a file", "dsn: { fromFile: secret }", {}],
    ["in an address", "url: 'x://user:hush-hush@host'", {}],
    ["within an option", "tls: { key: hush-hush }", {}],
    ["of another type", "kind: store, password: [hush-hush]", {}],
    ["out of place", "kind: store, maxSize: '${DB_PASSWORD}'", { DB_PASSWORD: "hush-hush" }],
    ["out of place, by default", "kind: store, maxSize: '${DB_PASSWORD:-hush-hush}'", {}],
    ["as the kind", "kind: '${DB_PASSWORD}'", { DB_PASSWORD: "hush-hush" }],
    ["as the kind, from a variable", "kind: { fromEnv: X }", { X: "hush-hush" }],
    ["as the kind, from a file", "kind: { fromFile: secret }", {}],
    ["as the kind, in an address", "kind: '${DATABASE_URL}'", { DATABASE_URL: "x://user:hush-hush@host" }],
    ["as the name of a variable", "password: { fromEnv: '${DB_PASSWORD}' }", { DB_PASSWORD: "hush-hush" }],
    ["as the name of a file", "password: { fromFile: '${DB_PASSWORD}' }", { DB_PASSWORD: "hush-hush" }],
    ["as the name of a variable, in an address", "password: { fromEnv: '${A}' }", { A: "x://u:hush-hush@host" }],
    ["as the name of a file, in an address", "password: { fromFile: '${A}' }", { A: "x://u:hush-hush@host" }],
    ["of several parts, in a file", "kind: tabled, seal: { a: [hush-hush] }", {}],
    ["of several parts, from a variable", "kind: tabled, extra: { fromEnv: X }", { X: '{"a":["hush-hush" ]}' }],
    ["with quotes", "kind: store, maxSize: { fromEnv: X }", { X: 'hush"hush' }],
    ["with a backslash", "kind: store, mode: '${DB_PASSWORD}'", { DB_PASSWORD: "hush\\hush" }],
    ["with a line break", "kind: store, mode: '${DB_PASSWORD}'", { DB_PASSWORD: "hush\nhush" }],
    ["with quotes, from a talkative adapter", "password: 'hush\"hu\\sh'", {}],
    ["out of place, by an override", "kind: store", { POOL_MAIN__MAX_SIZE__FROM_ENV: "X", X: "hush-hush" }],
  ])("%s", async (_, settings, env: Record<string, string>) => {
    using folder = folderWith({
      "pool.yaml": `connectors:\n  main: { ${settings.startsWith("kind") ? "" : "kind: talkative, "}${settings} }\n`,
      secret: "hush-hush",
    });
    const error = await loadConnectors({
      file: folder.file("pool.yaml"),
      factories: { ...factories, talkative, tabled },
      env,
    }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isPoolError(error, "INVALID_OPTIONS")).toBe(true);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hush");
  });

  test.each([
    ["what a number makes of it", "maxSize: '${DB_PASSWORD}'", { DB_PASSWORD: "0073190" }],
    ["what a number makes of it, from a variable", "maxSize: { fromEnv: X }", { X: "73190" }],
    ["one of two characters", "maxSize: { fromEnv: X }", { X: "73" }],
  ])("%s", async (_, settings, env: Environment) => {
    const main = { ...factories.store.options, maxSize: { type: "integer", min: 1_000_000, doc: "" } } as const;
    const strict = {
      create: (options: object) => factories.plain(readOptions(main, options, "strict") as object),
      options: main,
    };
    using folder = folderWith({ "pool.yaml": `connectors: { main: { kind: strict, ${settings} } }` });
    const load = loadConnectors({ file: folder.file("pool.yaml"), factories: { strict }, env });
    expect(await problemsOf(load, folder.path)).toEqual([
      "pool.yaml: connectors.main.maxSize must be a whole number of at least 1000000, got [redacted]",
    ]);
  });

  test("whichever is met first: the secret, or what shows it", async () => {
    const settings = "kind: hush-hush }\n  other: { kind: store, password: hush-hush";
    expect(await problemsWith(settings, {})).toEqual([
      'pool.yaml: connectors.main.kind must be one of "store", "plain", "cache", got "[redacted]"',
    ]);
  });

  test("a short one leaves words whole that it is a part of", async () => {
    expect(await problemsWith("kind: store, maxSize: many, password: a", {})).toEqual([
      'pool.yaml: connectors.main.maxSize must be [redacted] whole number from 1 to 100, got "many"',
    ]);
  });
});

test("where a secret lies is no secret, nor is the shell's PWD", async () => {
  const env = { DB_PASSWORD_FILE: "run/none", CREDENTIALS_DIRECTORY: "run", PWD: "run" };
  for (const file of ["${DB_PASSWORD_FILE}", "${CREDENTIALS_DIRECTORY}/none", "${PWD}/none"]) {
    expect(await problemsWith(`kind: store, password: { fromFile: '${file}' }`, env)).toEqual([
      "pool.yaml: connectors.main.password: run/none: cannot be read as a secret: there is none (ENOENT)",
    ]);
  }
});
