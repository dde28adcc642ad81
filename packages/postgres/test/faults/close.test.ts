import { faultProxy, type PostgresServer, startPostgres, untilEqual, watchSockets } from "@pool/testing";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresClient, postgres, type PostgresOptions } from "../../src/index.js";
import { countBackends, timeOf } from "./harness.js";

const LIMIT = { maxSize: 5, acquireTimeout: 1_000, queryTimeout: 1_000, connectTimeout: 10_000 } as const;

let server: PostgresServer;
let count = 0;
beforeAll(async () => {
  server = await startPostgres({ own: true });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Has `work` done with a client, closes it while that is in hand, and looks for what is left. */
async function closing(
  work: (client: PostgresClient) => Promise<unknown>,
  {
    options = {},
    wreck,
  }: { options?: PostgresOptions; wreck?: (proxy: Awaited<ReturnType<typeof faultProxy>>) => unknown } = {},
): Promise<void> {
  const application = `close-${++count}`;
  await using proxy = await faultProxy({ target: server });
  using sockets = watchSockets(proxy.port);
  const url = proxy.url(server.url);
  const connector = await postgres({ url, applicationName: application, ...LIMIT, ...options }).connect();
  await work(connector.client);
  await wreck?.(proxy);
  expect(await timeOf(connector.disconnect())).toBeLessThan(5_000);
  expect(connector.isConnected).toBe(false);
  await untilEqual("sockets left", () => sockets.open, 0);
  await proxy.heal();
  await untilEqual("backends left", () => countBackends(server, application), 0);
}

describe.concurrent("close settles within 5 s and leaves nothing", { timeout: 60_000 }, () => {
  it("with a lease that never comes back", async () => {
    await closing((client) => client.acquire());
  });

  it("with statements that run on, and are cancelled on the server", async () => {
    await closing(
      async (client) => {
        for (let n = 0; n < 3; n++) void client.query("select pg_sleep(600)").catch(() => undefined);
        await sleep(200);
      },
      { options: { queryTimeout: "never", drainTimeout: 500 } },
    );
    const active =
      "select count(*) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()";
    await untilEqual("still running", async () => (await server.sql(active))[0]?.count, "0");
  });

  it("with a transaction, a stream and a COPY in the middle, and callers who wait", async () => {
    await closing(
      async (client) => {
        void client
          .transaction((tx) => tx.query("select 1").then(() => sleep(60_000, undefined, { ref: false })))
          .catch(() => undefined);
        const rows = client.stream("select generate_series(1, 1000000)");
        await rows.next();
        const copied = client.copyTo("copy (select generate_series(1, 1000000)) to stdout");
        await copied.next();
        await Promise.all([client.acquire(), client.acquire()]);
        for (let n = 0; n < 20; n++) void client.query("select 1").catch(() => undefined);
        await sleep(50);
      },
      { options: { drainTimeout: 500 } },
    );
  });

  it("with a peer that is silent, and never answers a FIN", async () => {
    await closing((client) => client.pool.warm(5), { wreck: (proxy) => proxy.blackHole() });
  });

  it("with a silent peer and a stuck lease whose statement runs", async () => {
    await closing(
      async (client) => {
        void client.query("select pg_sleep(5)").catch(() => undefined);
        await client.acquire();
        await sleep(50);
      },
      { wreck: (proxy) => proxy.blackHole() },
    );
  });

  it("with connects under way that nobody answers", async () => {
    await closing(
      async (client) => {
        for (let n = 0; n < 20; n++) void client.query("select 1").catch(() => undefined);
      },
      { options: { lazy: true }, wreck: (proxy) => proxy.hang() },
    );
  });

  it("with a server that is frozen", async () => {
    await using frozen = await startPostgres({ own: true });
    using sockets = watchSockets(frozen.port);
    const connector = await postgres({ url: frozen.url, ...LIMIT }).connect();
    await connector.client.pool.warm(3);
    await connector.client.acquire();
    await frozen.freeze();
    expect(await timeOf(connector.disconnect())).toBeLessThan(5_000);
    await untilEqual("sockets left", () => sockets.open, 0);
    await frozen.thaw();
    const text =
      "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
    await untilEqual("backends left", async () => (await frozen.sql(text))[0]?.count, "0");
  });
});

describe("a process ends by itself after close", { timeout: 100_000 }, () => {
  const lives = ["working", "stuck lease", "silent peer", "frozen", "server gone"];
  it.concurrent.for(lives)("%s", async (life) => {
    const program = join(import.meta.dirname, "children", "closes.ts");
    const told = await new Promise<string>((resolve, reject) => {
      const given = [...process.execArgv, program, life];
      execFile(process.execPath, given, { timeout: 90_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim());
        else reject(new Error(error.killed === true ? `did not end by itself: ${stdout}` : stderr, { cause: error }));
      });
    });
    const { closedIn, endedIn } = JSON.parse(told) as { closedIn: number; endedIn: number };
    expect(closedIn).toBeLessThan(5_000);
    expect(endedIn).toBeLessThan(1_000);
  });
});
