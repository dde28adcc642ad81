import { isPoolError } from "@pool/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { optionsOf, type PoolConfig } from "../../src/pg/pool-config.js";
import { readPostgresOptions, type ResolvedPostgresOptions } from "../../src/resolved-options.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

function read(config: PoolConfig): ResolvedPostgresOptions {
  return readPostgresOptions(optionsOf({ user: "me", ...config }));
}

describe("the limits of a config", () => {
  it("have pg's names and defaults", () => {
    expect(read({}).pool).toMatchObject({
      maxSize: 10,
      minIdle: 0,
      idleTimeout: 10_000,
      maxUses: Infinity,
      acquireTimeout: 30_000,
      maxWaiting: 10_000,
    });
    expect(read({}).queryTimeout).toBe(Infinity);
  });

  it("are read as pg reads them", () => {
    const config = {
      max: 4,
      min: 9,
      idleTimeoutMillis: 50,
      connectionTimeoutMillis: 700,
      maxUses: 3,
      maxLifetimeSeconds: 90,
      query_timeout: 800,
    };
    const resolved = read(config);
    expect(resolved.pool).toMatchObject({
      maxSize: 4,
      minIdle: 4,
      idleTimeout: 1_000,
      acquireTimeout: 700,
      connectTimeout: 700,
      maxUses: 3,
      maxLifetime: 90_000,
    });
    expect(resolved.queryTimeout).toBe(800);
  });

  it("are none where pg's are 0", () => {
    const config = { max: 0, idleTimeoutMillis: 0, connectionTimeoutMillis: 0, maxLifetimeSeconds: 0, maxUses: 0 };
    expect(read(config).pool).toMatchObject({
      maxSize: 10,
      idleTimeout: Infinity,
      acquireTimeout: Infinity,
      maxLifetime: Infinity,
      maxUses: Infinity,
    });
  });

  it("may be ours, which go first", () => {
    const { pool, reset, statementCache } = read({
      max: 4,
      maxSize: 6,
      maxWaiting: 7,
      reset: "discard",
      statementCache: 0,
    });
    expect({ pool, reset, statementCache }).toMatchObject({
      pool: { maxSize: 6, maxWaiting: 7 },
      reset: "discard",
      statementCache: 0,
    });
  });

  it("ignore what neither knows, as pg does", () => {
    expect(() => read({ nonsense: true } as PoolConfig)).not.toThrow();
  });
});

describe("TLS of a config", () => {
  it("is verified unless something is said", () => {
    expect(read({ host: "db.example.com" }).dial.tls.mode).toBeUndefined(); // the default, which depends on the host
  });

  it.each<[string, PoolConfig, string]>([
    ["true", { ssl: true }, "verify-full"],
    ["false", { ssl: false }, "disable"],
    ["rejectUnauthorized false", { ssl: { rejectUnauthorized: false } }, "require"],
    ["rejectUnauthorized false beside an authority", { ssl: { rejectUnauthorized: false, ca: "ca" } }, "require"],
    ["an authority", { ssl: { ca: "ca" } }, "verify-full"],
    ["sslmode=disable", { connectionString: "postgres://me@db/x?sslmode=disable" }, "disable"],
    ["sslmode=no-verify", { connectionString: "postgres://me@db/x?sslmode=no-verify" }, "require"],
    ["sslmode=verify-full", { connectionString: "postgres://me@db/x?sslmode=verify-full" }, "verify-full"],
    ["ssl=true", { connectionString: "postgres://me@db/x?ssl=true" }, "verify-full"],
    ["ssl=0", { connectionString: "postgres://me@db/x?ssl=0" }, "disable"],
  ])("takes %s", (_name, config, mode) => {
    expect(read({ host: "db", ...config }).dial.tls.mode).toBe(mode);
  });

  it("keeps a key, which pg hides", () => {
    const { files } = read({ host: "db", ssl: { key: "the key", cert: "the certificate" } }).dial.tls;
    expect(files).toMatchObject({ key: "the key", cert: "the certificate" });
  });

  it("takes PGSSLMODE as pg does", () => {
    vi.stubEnv("PGSSLMODE", "disable");
    expect(read({ host: "db" }).dial.tls.mode).toBe("disable");
  });

  it("refuses a check of the name that it would have to leave out", () => {
    expect(() => read({ ssl: { checkServerIdentity: () => undefined } })).toThrow(/verify-ca/);
  });
});

describe("a config", () => {
  it("with a url of ours takes nothing from the environment", () => {
    vi.stubEnv("PGHOST", "elsewhere");
    vi.stubEnv("PGUSER", "nobody");
    const { dial } = readPostgresOptions(optionsOf({ url: "postgres://me:secret@db.example.com:5433/x" }));
    expect(dial).toMatchObject({
      hosts: [{ host: "db.example.com", port: 5433 }],
      user: "me",
      password: "secret",
      database: "x",
    });
  });

  it("takes several hosts of ours", () => {
    const { dial } = read({ hosts: ["a", "b:6000"], port: 5433, database: "x" });
    expect(dial.hosts).toEqual([
      { host: "a", port: 5433 },
      { host: "b", port: 6000 },
    ]);
  });

  it("tells everything it refuses at once, and no secret", () => {
    const config = { pipeline: true, stream: () => undefined, binary: true, password: "hunter2" } as PoolConfig;
    let error: unknown;
    try {
      optionsOf(config);
    } catch (reason) {
      error = reason;
    }
    expect(isPoolError(error, "INVALID_OPTIONS")).toBe(true);
    expect(String(error)).toMatch(/stream.*pipeline.*binary/s);
    expect(JSON.stringify([error, String(error)])).not.toContain("hunter2");
  });

  it("refuses options of ours that would do nothing here, by name", () => {
    const config = { labels: "comment", replicas: { hosts: ["a"] }, shared: {}, lazy: true, listenKeepAlive: "5s" };
    for (const [name, value] of Object.entries(config)) {
      expect(() => optionsOf({ [name]: value }), name).toThrow(new RegExp(`${name} .*postgres\\(\\)`));
    }
    // @ts-expect-error not an option of a pool that is a pg.Pool
    expect(() => optionsOf({ labels: "comment" })).toThrow();
    expect(() => optionsOf({ labels: undefined } as PoolConfig)).not.toThrow();
  });

  it("keeps TCP awake as pg's options say, and by default", () => {
    expect(read({ keepAlive: false }).dial.keepAlive).toBe(Infinity);
    expect(read({ keepAlive: true }).dial.keepAlive).toBe(30_000);
    expect(read({ keepAlive: true, keepAliveInitialDelayMillis: 5_000 }).dial.keepAlive).toBe(5_000);
    expect(read({ keepAlive: "10s" }).dial.keepAlive).toBe(10_000);
  });
});
