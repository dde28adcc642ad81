import { existsSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { startPgBouncer, startPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runSql } from "../../src/servers/postgres/admin.js";
import { missing } from "../../src/servers/programs.js";
import { Raw, quiet, until } from "../proxy/raw.js";

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres({ own: true, tls: "required", settings: { max_connections: 23 } });
});
afterAll(() => server[Symbol.asyncDispose]());

test("has the settings it was given, and commits that survive a kill", async () => {
  const [row] = await server.sql(
    "select current_setting('max_connections') as connections, current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit",
  );
  expect(row).toEqual({ connections: "23", fsync: "off", commit: "on" });
});

test("asks for its password, on the socket too", async () => {
  const address = { path: `${server.socketDirectory}/.s.PGSQL.${server.port}` };
  const target = { address, user: server.user, password: "wrong", database: server.database };
  await expect(runSql(target, "select 1")).rejects.toThrow("password authentication failed");
  expect(Buffer.byteLength(address.path)).toBeLessThan(100);
});

test("makes databases that do not see one another, also several at a time", async () => {
  const names = (
    await Promise.all([server.createDatabase(), server.createDatabase(), server.createDatabase('It\'s "mine"')])
  ).map((url) => decodeURIComponent(new URL(url).pathname.slice(1)));
  expect(names[2]).toBe('It\'s "mine"');
  for (const database of names) await server.sql("create table only_one (x int)", { database });
});

test("speaks TLS only, with a certificate that its authority signed, and shows another one when told", async () => {
  const address = { host: server.host, port: server.port };
  const { user, password, database } = server;
  await expect(runSql({ address, user, password, database }, "select 1")).rejects.toThrow("no encryption");
  expect(await handshake(server)).toBe("authorized");
  await server.tls?.use("wrong-host");
  expect(await handshake(server)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  await server.tls?.use("expired");
  expect(await handshake(server)).toBe("CERT_HAS_EXPIRED");
  await server.tls?.use("valid");
  expect(await handshake(server)).toBe("authorized");
});

test("loses connections and keeps commits when it is killed, and comes back where it was", async () => {
  await server.sql("create table kept (x int); insert into kept values (42)");
  const raw = new Raw(connectSocket(server.port, server.host));
  await once(raw.socket, "connect");
  const { pid, port } = server;
  await server.kill();
  await until(() => raw.ending !== undefined);
  expect(server.pid).toBeUndefined();
  await expect(once(connectSocket(port, server.host), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await server.start();
  expect(server.port).toBe(port);
  expect(server.pid).not.toBe(pid);
  expect(await server.sql("select x from kept")).toEqual([{ x: "42" }]);
});

test("frozen it holds its connections and says nothing, thawed it goes on where it stood", async () => {
  await server.freeze();
  let rows: unknown;
  const asked = server.sql("select 7 as x").then((answer) => (rows = answer));
  await quiet();
  expect(rows).toBeUndefined();
  await server.thaw();
  expect(await asked).toEqual([{ x: "7" }]);
});

test("stops and restarts orderly, frozen or not", async () => {
  await server.restart();
  expect(await server.sql("select x from kept")).toEqual([{ x: "42" }]);
  await server.freeze();
  await server.stop();
  expect(server.pid).toBeUndefined();
  await server.start();
  expect(server.log()).toContain("received fast shutdown request");
});

test("a standby follows, refuses writes, and takes them once it is promoted", async () => {
  const standby = await server.createStandby();
  await server.sql("create table followed (x int)");
  await standby.caughtUp();
  await expect(standby.sql("insert into followed values (1)")).rejects.toThrow("25006");
  await server.kill();
  await standby.promote();
  await standby.sql("insert into followed values (2)");
  expect(await standby.sql("select x from followed")).toEqual([{ x: "2" }]);
  await server.start();
});

test("PgBouncer stands in front of it", async () => {
  await using plain = await startPostgres({ own: true });
  await using bouncer = await startPgBouncer({ server: plain, settings: { default_pool_size: 2 } });
  const { host, port, user, password, database } = bouncer;
  await plain.createDatabase("behind");
  for (const name of [database, "behind"]) {
    const target = { address: { host, port }, user, password, database: name };
    expect(await runSql(target, "select current_database() as name")).toEqual([{ name }]);
  }
  const pools = await bouncer.console("show pools");
  expect(pools.find((pool) => pool.database === "behind")).toMatchObject({ pool_mode: "transaction" });
});

test("nothing is left of it when it is disposed of", async () => {
  const gone = await startPostgres({ own: true });
  const { pid, socketDirectory } = gone;
  await gone.kill();
  await gone[Symbol.asyncDispose]();
  expect(existsSync(String(socketDirectory))).toBe(false);
  expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
});

test("a server that cannot start says why, and leaves nothing", async () => {
  await expect(startPostgres({ own: true, settings: { shared_buffers: "lots" } })).rejects.toThrow(
    /PostgreSQL ended while it started.*\n.*invalid value for parameter "shared_buffers"/,
  );
});

test("a URL in POOL_TEST_POSTGRES_URL is used, but never stopped", async () => {
  await using real = await startPostgres({ own: true });
  vi.stubEnv("POOL_TEST_POSTGRES_URL", real.url);
  const given = await startPostgres();
  expect({ own: given.own, port: given.port, database: given.database === real.database }).toEqual({
    own: false,
    port: real.port,
    database: false,
  });
  await expect(given.kill()).rejects.toThrow("POOL_TEST_POSTGRES_URL gives cannot be killed by a test");
  await given[Symbol.asyncDispose]();
  expect(await real.sql("select datname from pg_database where datname like 'test%'")).toEqual([]);
});

test("what the variable holds is not repeated when it is no URL", async () => {
  vi.stubEnv("POOL_TEST_POSTGRES_URL", "s3cret");
  await expect(startPostgres()).rejects.toThrow(/^POOL_TEST_POSTGRES_URL is not a URL$/);
});

test("a server that is nowhere to be had is an error that names the command to run", () => {
  const { message } = missing("PostgreSQL", "POOL_TEST_POSTGRES_URL", "postgresql", "postgresql@17");
  expect(message).toMatch(/no PostgreSQL .* POOL_TEST_POSTGRES_URL; run: (apt-get|brew) install .*postgresql/);
});

/** What a client that verifies finds out about the certificate. */
async function handshake({ host, port, tls }: PostgresServer): Promise<string> {
  const socket = connectSocket(port, host);
  const asked = Buffer.alloc(8);
  asked.writeInt32BE(8);
  asked.writeInt32BE(80_877_103, 4);
  socket.write(asked);
  await once(socket, "data");
  const secure = connectTls({ socket, ca: String(tls?.ca), host, rejectUnauthorized: false, servername: "localhost" });
  await once(secure, "secureConnect");
  const found = secure.authorized ? "authorized" : secure.authorizationError;
  secure.destroy();
  return typeof found === "string" ? found : String((found as NodeJS.ErrnoException).code);
}
