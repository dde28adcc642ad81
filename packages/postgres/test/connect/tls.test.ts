import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type PostgresServer, startPostgres } from "@pool/testing";
import { type RawConnectOptions } from "../../src/connect/dial-options.js";
import { dial, errorOf, listen, to, until } from "./dialing.js";

let server: PostgresServer;
let plain: PostgresServer;
let ca: string;
beforeAll(async () => {
  [server, plain] = await Promise.all([startPostgres({ own: true, tls: "required" }), startPostgres({ own: true })]);
  ca = server.tls?.ca ?? "";
});
afterAll(() => Promise.all([server[Symbol.asyncDispose](), plain[Symbol.asyncDispose]()]));
afterEach(() => server.tls?.use("valid"));

const isEncrypted = async (raw: RawConnectOptions): Promise<boolean> => {
  const dialled = await dial(raw);
  const { rows } = await dialled.client.query<{ ssl: boolean }>(
    "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
  );
  expect(dialled.isEncrypted).toBe(rows[0]?.ssl);
  dialled.destroy();
  return dialled.isEncrypted;
};

describe("a server whose certificate is right", () => {
  it("is verified in full as soon as its authority is given, by name and by address", async () => {
    expect(await isEncrypted({ ...to(server), ssl: { ca } })).toBe(true);
    expect(await isEncrypted({ ...to(server), host: "localhost", ssl: { ca } })).toBe(true);
  });

  it("is reached under each mode that asks for TLS", async () => {
    for (const sslmode of ["allow", "prefer", "require"] as const)
      expect(await isEncrypted({ ...to(server), sslmode })).toBe(true);
    for (const sslmode of ["require", "verify-ca", "verify-full"] as const)
      expect(await isEncrypted({ ...to(server), sslmode, ssl: { ca } })).toBe(true);
    expect(await isEncrypted({ ...to(server), ssl: { rejectUnauthorized: false } })).toBe(true);
  });

  it("is not trusted without its authority", async () => {
    for (const raw of [{ sslmode: "verify-full" }, { sslmode: "verify-ca" }, { ssl: true }] as const) {
      const error = await errorOf(dial({ ...to(server), ...raw }));
      expect(error).toMatchObject({ phase: "TLS", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    }
  });

  it("is not reached without TLS, which loopback has as its default", async () => {
    expect(await errorOf(dial(to(server)))).toMatchObject({ code: "28000", phase: "authentication" });
    expect(await errorOf(dial({ ...to(server), sslmode: "disable" }))).toMatchObject({ code: "28000" });
  });

  it("has the password bound to its certificate", async () => {
    expect(await isEncrypted({ ...to(server), ssl: { ca }, channelBinding: "require" })).toBe(true);
    expect(await isEncrypted({ ...to(server), ssl: { ca }, channelBinding: "disable" })).toBe(true);
  });

  it("is asked over TLS to cancel", async () => {
    const dialled = await dial({ ...to(server), ssl: { ca } });
    const running = errorOf(dialled.client.query("select pg_sleep(30)"));
    await until(
      async () => (await server.sql("select 1 from pg_stat_activity where wait_event = 'PgSleep'")).length === 1,
    );
    await dialled.cancel(AbortSignal.timeout(5_000));
    expect(await running).toMatchObject({ code: "57014" });
    dialled.destroy();
  });
});

describe("a server whose certificate is wrong", () => {
  it("for another host is refused by verify-full, and taken by verify-ca", async () => {
    await server.tls?.use("wrong-host");
    for (const host of ["127.0.0.1", "localhost"]) {
      const error = await errorOf(dial({ ...to(server), host, ssl: { ca } }));
      expect(error).toMatchObject({ phase: "TLS", code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    }
    expect(await isEncrypted({ ...to(server), sslmode: "verify-ca", ssl: { ca } })).toBe(true);
    expect(await isEncrypted({ ...to(server), sslmode: "require", ssl: { ca } })).toBe(true);
  });

  it("because it has ended is refused wherever it is verified", async () => {
    await server.tls?.use("expired");
    for (const sslmode of ["require", "verify-ca", "verify-full"] as const) {
      const error = await errorOf(dial({ ...to(server), sslmode, ssl: { ca } }));
      expect(error).toMatchObject({ phase: "TLS", code: "CERT_HAS_EXPIRED" });
    }
    expect(await isEncrypted({ ...to(server), sslmode: "require" })).toBe(true);
  });

  it("is known by the name that is given for it", async () => {
    const error = await errorOf(dial({ ...to(server), ssl: { ca, servername: "other.example" } }));
    expect(error).toMatchObject({ phase: "TLS", code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    expect(await isEncrypted({ ...to(server), ssl: { ca, servername: "localhost" } })).toBe(true);
  });
});

describe("a server without TLS", () => {
  it("is an error wherever TLS was asked for, and never sees the password", async () => {
    for (const sslmode of ["require", "verify-ca", "verify-full"] as const) {
      const error = await errorOf(dial({ ...to(plain), sslmode }));
      expect(error.message).toMatch(/TLS failed: the server does not offer TLS/);
    }
  });

  it("is taken by allow and prefer", async () => {
    expect(await isEncrypted({ ...to(plain), sslmode: "allow" })).toBe(false);
    expect(await isEncrypted({ ...to(plain), sslmode: "prefer" })).toBe(false);
  });

  it("cannot bind the password to a certificate", async () => {
    await expect(dial({ ...to(plain), channelBinding: "require" })).rejects.toThrow(
      /does not bind the password to TLS/,
    );
  });

  it("is not what a peer that asks for the bare password gets from channelBinding", async () => {
    const seen: Buffer[] = [];
    const cleartext = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
    await using peer = await listen((socket) => {
      socket.once("data", () => socket.write(cleartext));
      socket.on("data", (chunk: Buffer) => seen.push(chunk));
    });
    const raw = { host: "127.0.0.1", port: peer.port, user: "u", password: "bare-pa55word" };
    await expect(dial({ ...raw, channelBinding: "require" })).rejects.toThrow(/does not bind the password/);
    await until(() => peer.sockets.size === 0);
    expect(Buffer.concat(seen).toString("latin1")).not.toContain("bare-pa55word");
  });
});

describe("an unprotected connection to another machine", () => {
  it("is warned of once for each host", async () => {
    const emitWarning = vi.spyOn(process, "emitWarning").mockReturnValue(undefined);
    const abort = AbortSignal.abort(new Error("not now"));
    const raw = { user: "u", password: "p", hosts: ["db.example", "127.0.0.1", "/run/pg"] };
    for (const sslmode of ["require", "require", "verify-full", "disable"] as const)
      await errorOf(dial({ ...raw, sslmode }, "any", abort));
    expect(emitWarning.mock.calls.map(([message]) => message)).toEqual([
      'connections to db.example:5432 are encrypted, but to a server whose certificate is not verified (sslmode "require")',
      'connections to db.example:5432 are not encrypted (sslmode "disable")',
    ]);
  });
});
