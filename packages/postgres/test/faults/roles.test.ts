import { isPoolError } from "@pool/core";
import { faultProxy, type PostgresServer, type PostgresStandby, startPostgres, tell, untilEqual } from "@pool/testing";
import { type LookupAllOptions } from "node:dns";
import dns from "node:dns/promises";
import { syncBuiltinESMExports } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { postgres, type PostgresClient } from "../../src/index.js";

const LIMIT = { maxSize: 5, acquireTimeout: 1_000, queryTimeout: 1_000 } as const;

async function withPair(work: (primary: PostgresServer, standby: PostgresStandby) => Promise<void>): Promise<void> {
  await using primary = await startPostgres({ own: true });
  await primary.sql("create table note (id int not null)");
  await using standby = await primary.createStandby();
  await standby.caughtUp();
  await work(primary, standby);
}

/** Where a connector finds several servers that have the same users. */
function hostsOf(...servers: readonly PostgresServer[]) {
  const [first] = servers;
  if (first === undefined) throw new Error("no server");
  const { user, password, database } = first;
  return { hosts: servers.map(({ host, port }) => `${host}:${port}`), user, password, database };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    return isPoolError(error) ? error.code : String(error);
  }
}

/** Writes as fast as `pauses` let it, and says of each write what became of it and whether it met a server that takes none. */
class Writer {
  readonly done: number[] = [];
  readonly outcomes = new Map<string, number>();
  readonly #client: PostgresClient;
  readonly #running: Promise<void>;
  #stopped = false;
  lastFailedAt = 0;

  constructor(client: PostgresClient) {
    this.#client = client;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let id = 0; !this.#stopped; id++) {
      const startedAt = performance.now();
      const code = await codeOf(this.#client.query("insert into note values ($1)", [id]));
      this.outcomes.set(code, (this.outcomes.get(code) ?? 0) + 1);
      if (code === "ok") this.done.push(id);
      else this.lastFailedAt = startedAt;
      await sleep(5);
    }
  }
}

describe("roles", { timeout: 90_000 }, () => {
  it("after a failover no connection to a read-only server is lent as primary, and writes go on", async () => {
    await withPair(async (primary, standby) => {
      const connector = await postgres({ ...hostsOf(primary, standby), ...LIMIT }).connect();
      const { client } = connector;
      const writer = new Writer(client);
      await sleep(300);
      await standby.caughtUp();
      await primary.kill();
      await sleep(700); // nobody is primary now
      await standby.promote();
      const promotedAt = performance.now();
      await sleep(1_500);
      await writer.stop();
      tell(`failover: ${JSON.stringify([...writer.outcomes])}, ${Math.round(writer.lastFailedAt - promotedAt)} ms`);
      expect(writer.outcomes.get("READ_ONLY")).toBeUndefined();
      expect(writer.lastFailedAt - promotedAt).toBeLessThan(1_000);
      expect(writer.done.length).toBeGreaterThan(50);
      const ids = (await client.query<{ id: number; n: string }>("select id, count(*) as n from note group by id"))
        .rows;
      expect(ids.filter(({ n }) => n !== "1")).toEqual([]);
      await connector.disconnect();
    });
  });

  it("a primary that became read-only under open connections loses them, also those that had been lent", async () => {
    await withPair(async (primary) => {
      const connector = await postgres({ ...hostsOf(primary), targetSessionAttrs: "read-write", ...LIMIT }).connect();
      const { client } = connector;
      await client.pool.warm(3);
      await primary.sql("alter system set default_transaction_read_only = on");
      await primary.sql("select pg_reload_conf()");
      await sleep(200);
      const codes = await Promise.all(
        Array.from({ length: 10 }, () => codeOf(client.query("insert into note values (1)"))),
      );
      tell(`became read-only: ${JSON.stringify(codes)}`);
      expect(codes).not.toContain("ok");
      await primary.sql("alter system reset default_transaction_read_only");
      await primary.sql("select pg_reload_conf()");
      await sleep(1_200);
      expect(await codeOf(client.query("insert into note values (2)"))).toBe("ok");
      await connector.disconnect();
    });
  });

  it("reads go to the replica, to the primary while there is none, and back", async () => {
    await withPair(async (primary, standby) => {
      await using proxy = await faultProxy({ target: standby });
      const replicas = { hosts: [`${proxy.host}:${proxy.port}`], retryAfter: 1_000 };
      const connector = await postgres({ ...hostsOf(primary), replicas, keepAliveInterval: 1_000, ...LIMIT }).connect();
      const { client } = connector;
      const where = async (): Promise<string> =>
        await client.session(
          async (session) =>
            (await session.query<{ standby: boolean }>("select pg_is_in_recovery() as standby")).rows[0]?.standby ===
            true
              ? "replica"
              : "primary",
          { readOnly: true },
        );
      expect(await where()).toBe("replica");
      expect(
        await codeOf(client.transaction((tx) => tx.query("insert into note values (1)"), { readOnly: true })),
      ).toBe("READ_ONLY");
      await proxy.refuse();
      proxy.reset();
      await sleep(50);
      for (let n = 0; n < 10; n++) expect(await where()).toBe("primary");
      expect(await codeOf(client.query("insert into note values (1)"))).toBe("ok");
      await proxy.heal();
      await untilEqual("reads go to", where, "replica", 10_000);
      await connector.disconnect();
    });
  });
});

describe("what changes under a running pool", { timeout: 90_000 }, () => {
  it("a name that leads elsewhere is followed by new connections", async () => {
    await using old = await startPostgres({ own: true });
    await using proxy = await faultProxy({ target: old });
    // The same port at another address, as after a failover by DNS.
    let address = "127.0.0.1";
    const lookup = dns.lookup;
    const spy = vi
      .spyOn(dns, "lookup")
      .mockImplementation(((host: string, options: LookupAllOptions) =>
        host === "db.example"
          ? Promise.resolve([{ address, family: 4 }])
          : lookup(host, options)) as typeof dns.lookup);
    syncBuiltinESMExports(); // for who has imported it by its name
    const connector = await postgres({
      host: "db.example",
      port: proxy.port,
      sslmode: "disable",
      user: old.user,
      password: old.password,
      database: old.database,
      ...LIMIT,
    }).connect();
    expect(spy).toHaveBeenCalled();
    expect(await codeOf(connector.client.query("select 1"))).toBe("ok");
    address = "127.0.0.2"; // nobody listens there
    proxy.reset();
    await sleep(50);
    expect(await codeOf(connector.client.query("select 1"))).not.toBe("ok");
    address = "127.0.0.1";
    await sleep(1_000);
    expect(await codeOf(connector.client.query("select 1"))).toBe("ok");
    await connector.disconnect();
    spy.mockRestore();
    syncBuiltinESMExports();
  });

  it("a password that is rotated costs no operation: it is asked for again when the old one is refused", async () => {
    await using server = await startPostgres({ own: true });
    await server.sql("create role worker login password 'first secret'");
    await using proxy = await faultProxy({ target: server });
    let password = "first secret";
    const asked: boolean[] = [];
    const connector = await postgres({
      host: proxy.host,
      port: proxy.port,
      user: "worker",
      database: server.database,
      password: ({ refresh }) => {
        asked.push(refresh);
        // A cache that is behind, until it is told to look again.
        if (refresh) password = "second secret";
        return password;
      },
      ...LIMIT,
    }).connect();
    const { client } = connector;
    await client.pool.warm(2);
    await server.sql("alter role worker password 'second secret'");
    expect(await codeOf(client.query("select 1"))).toBe("ok");
    proxy.reset();
    await sleep(20);
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(client.query("select 1"))));
    expect(codes).toEqual(Array(20).fill("ok"));
    expect(asked).toContain(true);
    await connector.disconnect();
  });

  it("a password that stays wrong is refused in time, and the error does not have it", async () => {
    await using server = await startPostgres({ own: true });
    const connector = postgres({ url: server.url, password: () => "not the secret", lazy: true, ...LIMIT });
    await connector.connect();
    const error = await connector.client.query("select 1").catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|ACQUIRE_TIMEOUT/) as string });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("not the secret");
    await connector.disconnect();
  });
});
