import { expect, expectTypeOf, test } from "vitest";
import { connectAll } from "../../src/connector/connect-all.js";
import type { Connector } from "../../src/connector/connector.js";
import { createRegistry } from "../../src/connector/create-registry.js";
import { defineConnector } from "../../src/connector/define-connector.js";
import type { Registry } from "../../src/connector/registry.js";
import type { ConnectorView } from "../../src/connector/view.js";

interface Sql {
  query(text: string): string;
}
interface Kv {
  get(key: string): string;
}

const sql = (): Connector<Sql> => make<Sql>("sql", { query: (text) => text });
const kv = (): Connector<Kv> => make<Kv>("kv", { get: (key) => key });

function make<C>(kind: string, client: C): Connector<C> {
  const open = (): Promise<C> => Promise.resolve(client);
  const none = (): Promise<undefined> => Promise.resolve(undefined);
  return defineConnector<C>({ kind, name: undefined, options: {}, key: kind, open, close: none, check: none });
}

test("a lookup knows its connector without a cast, and an unknown name does not compile", async () => {
  await using registry = await connectAll({ db: sql(), cache: kv() });
  expectTypeOf(registry).toEqualTypeOf<Registry<{ db: Connector<Sql>; cache: Connector<Kv> }>>();
  expectTypeOf(registry.get("db").client).toEqualTypeOf<Sql>();
  expect(registry.get("db").client.query("select 1")).toBe("select 1");
  expect(registry.get("cache").client.get("k")).toBe("k");
  // @ts-expect-error no such connector
  expect(() => registry.get("dbb")).toThrow(/no connector "dbb"/);
  // @ts-expect-error a cache has no query
  expect(registry.get("cache").client.query).toBeUndefined();
});

test("register returns the connector with its own type, and connect keeps it", async () => {
  await using registry = createRegistry({ db: sql() });
  const extra = await registry.register("extra", kv()).connect();
  expectTypeOf(extra).toEqualTypeOf<Connector<Kv>>();
  expect(extra.client.get("k")).toBe("k");
  expectTypeOf(registry.find("extra")).toEqualTypeOf<Connector | undefined>();
});

test("a registry of more serves where one of less is asked for, and not the other way round", async () => {
  interface Needs {
    db: Connector<Sql>;
  }
  const run = (registry: Registry<Needs>): string => registry.get("db").client.query("q");
  const list = (registry: Registry): readonly string[] => registry.names();
  await using registry = await connectAll({ db: sql(), cache: kv() });
  expect(run(registry)).toBe("q");
  expect(list(registry)).toEqual(["db", "cache"]);
  await using other = await connectAll({ cache: kv() });
  // @ts-expect-error it has no db
  expect(() => run(other)).toThrow(/no connector "db"/);
});

test("a map made at run time is a registry of any names", async () => {
  const map: Record<string, Connector<Sql>> = Object.fromEntries(["a", "b"].map((name) => [name, sql()]));
  await using registry = await connectAll(map);
  expectTypeOf(registry.get("a")).toEqualTypeOf<Connector<Sql>>();
  expect(registry.names()).toEqual(["a", "b"]);
});

test("what is no connector does not compile", () => {
  // @ts-expect-error a string is no connector
  expect(() => createRegistry({ db: "postgres://" })).toThrow(/must be a connector/);
});

test("a scope lends a view that cannot close what it shows", async () => {
  await using registry = createRegistry();
  const view = await registry.scope("task").connect(sql);
  expectTypeOf(view).toEqualTypeOf<ConnectorView<Sql>>();
  expect(view.client.query("q")).toBe("q");
  // @ts-expect-error a borrower does not close
  expect(view.disconnect).toBeUndefined();
  // @ts-expect-error nor connect
  expect(view.connect).toBeUndefined();
  // @ts-expect-error nor restart
  expect(view.restart).toBeUndefined();
  // @ts-expect-error nor dispose
  expect(view[Symbol.asyncDispose]).toBeUndefined();
});
