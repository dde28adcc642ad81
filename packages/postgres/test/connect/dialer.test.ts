import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type PostgresServer, startPostgres } from "@pool/testing";
import { createDialer } from "../../src/connect/dialer.js";
import { dial, errorOf, optionsOf, to, until } from "./dialing.js";

// The next file may share this process.
afterEach(() => {
  vi.unstubAllEnvs();
});

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ own: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const backends = async (name: string): Promise<number> =>
  Number((await server.sql(`select count(*) as n from pg_stat_activity where application_name = '${name}'`))[0]?.n);

describe("one connection", () => {
  it("authenticates by SCRAM and says where it is", async () => {
    const dialled = await dial(to(server));
    expect((await dialled.client.query("select current_user as who")).rows).toEqual([{ who: "postgres" }]);
    expect(dialled.at).toEqual({ host: "127.0.0.1", port: server.port, ip: "127.0.0.1" });
    expect(dialled.isEncrypted).toBe(false);
    await dialled.client.end();
    expect(dialled.losses).toEqual([]);
  });

  it("goes over a Unix socket, by option and by URL", async () => {
    const folder = server.socketDirectory ?? "";
    const url = `postgres:///postgres?host=${folder}&port=${String(server.port)}&user=postgres&password=${server.password}`;
    for (const raw of [{ ...to(server), host: folder }, { url }]) {
      const dialled = await dial(raw);
      const { rows } = await dialled.client.query("select inet_server_addr() as address");
      expect(rows).toEqual([{ address: null }]);
      expect(dialled.at).toEqual({ host: folder, port: server.port, ip: undefined });
      dialled.destroy();
    }
  });

  it("finds the address of a name that refuses at another one", async () => {
    const dialled = await dial({ ...to(server), host: "localhost" });
    expect(dialled.at.ip).toBe("127.0.0.1");
    dialled.destroy();
  });

  it("sends settings and the application's name, which a RESET ALL leaves in place", async () => {
    const settings = { statement_timeout: "5s", "app.tenant": "7", jit: false };
    const dialled = await dial({ ...to(server), settings, applicationName: "settings-test" });
    await dialled.client.query("set statement_timeout = 1; reset all");
    const { rows } = await dialled.client.query(
      "select current_setting('statement_timeout') as t, current_setting('app.tenant') as a, current_setting('jit') as j",
    );
    expect(rows).toEqual([{ t: "5s", a: "7", j: "off" }]);
    expect(await backends("settings-test")).toBe(1);
    dialled.destroy();
  });

  it("takes nothing from the environment", async () => {
    vi.stubEnv("PGAPPNAME", "from-environment");
    vi.stubEnv("PGOPTIONS", "-c statement_timeout=1234");
    vi.stubEnv("PGPASSWORD", server.password);
    vi.stubEnv("PGSSLMODE", "require");
    vi.stubEnv("PGSSLNEGOTIATION", "direct");
    vi.stubEnv("PGREPLICATION", "database");
    vi.stubEnv("PGCLIENT_ENCODING", "latin1");
    const dialled = await dial(to(server));
    const { rows } = await dialled.client.query(
      "select current_setting('application_name') as n, current_setting('statement_timeout') as t, current_setting('client_encoding') as e",
    );
    expect(rows).toEqual([{ n: "", t: "0", e: "UTF8" }]);
    dialled.destroy();
    const { host, port, user, database } = server;
    await expect(dial({ host, port, user, database })).rejects.toThrow(/asks for a password, and none is set/);
  });

  it("keeps the password out of the client and of every error", async () => {
    const dialled = await dial(to(server));
    expect(inspect(dialled, { depth: 9, showHidden: true })).not.toContain(server.password);
    dialled.destroy();
    const wrong = "wr0ng-pa55word";
    const error = await errorOf(dial({ ...to(server), password: wrong }));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(wrong);
    expect(error).toMatchObject({ code: "28P01", phase: "authentication" });
    expect(error.message).toBe(
      `host 127.0.0.1:${String(server.port)}: authentication failed: password authentication failed for user "postgres"`,
    );
  });

  it("does not call it authentication when the server refuses for another reason", async () => {
    const error = await errorOf(dial({ ...to(server), database: "nowhere" }));
    expect(error.message).toBe(
      `host 127.0.0.1:${String(server.port)}: the server refuses: database "nowhere" does not exist`,
    );
    expect(await errorOf(dial({ ...to(server), settings: { nothing_like_it: "1" } }))).toMatchObject({
      message: expect.stringMatching(/: the server refuses: unrecognized configuration parameter/) as string,
    });
  });

  it("passes on pg's parsers and its pipeline", async () => {
    const types = { getTypeParser: () => (value: string) => `<${value}>` } as never;
    const dialled = await createDialer(optionsOf({ ...to(server), types })).dial({
      signal: AbortSignal.timeout(5_000),
      lost: () => undefined,
      pipeline: true,
    });
    expect(dialled.client.pipeline).toBe(true);
    expect((await dialled.client.query("select 1 as a")).rows).toEqual([{ a: "<1>" }]);
    dialled.destroy();
  });
});

it("leaves nothing on a signal that lives longer than the connect", async () => {
  const { signal } = new AbortController();
  const dialled = await dial({ ...to(server), host: "localhost" }, "primary", signal);
  await dialled.cancel(signal);
  await errorOf(
    dial(
      { ...to(server), hosts: ["127.0.0.1:1", "127.0.0.1:2"], host: undefined, port: undefined } as never,
      "any",
      signal,
    ),
  );
  expect(getEventListeners(signal, "abort")).toEqual([]);
  dialled.destroy();
});

describe("a password that rotates", () => {
  it("is asked for each connect, and once more when it was refused", async () => {
    const asked: boolean[] = [];
    const password = ({ refresh }: { readonly refresh: boolean }): string => {
      asked.push(refresh);
      return refresh ? server.password : "the-old-one";
    };
    const dialled = await dial({ ...to(server), password });
    expect(asked).toEqual([false, true]);
    dialled.destroy();
  });

  it("fails when the fresh one is refused too", async () => {
    const password = vi.fn(() => Promise.resolve("no-good"));
    expect(await errorOf(dial({ ...to(server), password }))).toMatchObject({ code: "28P01" });
    expect(password).toHaveBeenCalledTimes(2);
  });

  it("does not hold up a connect that is given up", async () => {
    const reason = new Error("given up");
    const controller = new AbortController();
    const connecting = dial(
      { ...to(server), password: () => new Promise<string>(() => undefined) },
      "any",
      controller.signal,
    );
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  it("must be a text that is not empty", async () => {
    await expect(dial({ ...to(server), password: () => "" })).rejects.toThrow(/must give a string that is not empty/);
  });
});

describe("a connection that ends", () => {
  it("by itself is told once, and does not end the process", async () => {
    const dialled = await dial({ ...to(server), applicationName: "lost-test" });
    await server.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lost-test'");
    await until(() => dialled.losses.length > 0);
    await until(async () => (await backends("lost-test")) === 0);
    expect(dialled.losses).toHaveLength(1);
    expect(dialled.losses[0]).toMatchObject({ code: "57P01" });
  });

  it("as asked is not told", async () => {
    const dialled = await dial({ ...to(server), applicationName: "destroyed-test" });
    dialled.destroy();
    await until(async () => (await backends("destroyed-test")) === 0);
    expect(dialled.losses).toEqual([]);
  });
});

describe("a cancel request", () => {
  it("cancels what runs, and has been handed on when it resolves", async () => {
    const dialled = await dial(to(server));
    for (let round = 0; round < 20; round++) {
      const running = errorOf(dialled.client.query("select pg_sleep(30)"));
      await until(
        async () => (await server.sql("select 1 from pg_stat_activity where wait_event = 'PgSleep'")).length === 1,
      );
      await Promise.all([dialled.cancel(AbortSignal.timeout(5_000)), running]);
      expect(await running).toMatchObject({ code: "57014" });
      expect((await dialled.client.query("select 1 as a")).rows).toEqual([{ a: 1 }]);
    }
    dialled.destroy();
  });

  it("is given up with its signal, and fails when there is no server", async () => {
    const dialled = await dial(to(server));
    const reason = new Error("no longer");
    await expect(dialled.cancel(AbortSignal.abort(reason))).rejects.toBe(reason);
    await server.stop();
    expect(await errorOf(dialled.cancel(AbortSignal.timeout(5_000)))).toMatchObject({ code: "ECONNREFUSED" });
    await server.start();
  });

  it("waits for the server to close its socket", async () => {
    const dialled = await dial(to(server));
    await server.freeze();
    const reason = new Error("long enough");
    await expect(dialled.cancel(AbortSignal.any([abortAfter(300, reason)]))).rejects.toBe(reason);
    await server.thaw();
    await dialled.cancel(AbortSignal.timeout(5_000));
    dialled.destroy();
  });
});

function abortAfter(ms: number, reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), ms);
  return controller.signal;
}
