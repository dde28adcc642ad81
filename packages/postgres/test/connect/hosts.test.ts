import type * as dnsPromises from "node:dns/promises";
import { lookup } from "node:dns/promises";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type PostgresServer, type PostgresStandby, startPostgres } from "@pool/testing";
import { createDialer } from "../../src/connect/dialer.js";
import { type RawConnectOptions } from "../../src/connect/dial-options.js";
import { attemptsOf } from "../../src/connect/tls-attempts.js";
import { blackHole, dial, errorOf, listen, optionsOf, to, until } from "./dialing.js";

vi.mock("node:dns/promises", async (original) => {
  const dns = await original<typeof dnsPromises>();
  return { ...dns, lookup: vi.fn(dns.lookup) };
});

let primary: PostgresServer;
let standby: PostgresStandby;
beforeAll(async () => {
  primary = await startPostgres({ own: true });
  standby = await primary.createStandby();
});
afterAll(() => primary[Symbol.asyncDispose]());
beforeEach(() => {
  vi.mocked(lookup).mockClear();
});

const hostOf = ({ port }: { readonly port: number }): string => `127.0.0.1:${String(port)}`;
const among = (...hosts: readonly string[]): RawConnectOptions => {
  const { user, password, database } = primary;
  return { user, password, database, hosts };
};
// As an older server, or a PgBouncer: the same bytes under names that nobody looks for.
const withoutRole = (chunk: Buffer): Buffer =>
  Buffer.from(
    chunk
      .toString("latin1")
      .replace("in_hot_standby", "xx_xxx_xxxxxxx")
      .replace("default_transaction_read_only", "xxxxxxx_transaction_read_only"),
    "latin1",
  );
const portOf = async (raw: RawConnectOptions, ...wanted: Parameters<typeof createDialer>[1][]): Promise<number> => {
  const dialled = await dial(raw, ...wanted);
  dialled.destroy();
  return dialled.at.port;
};

describe("several hosts", () => {
  it("are tried until one is of the wanted kind", async () => {
    const both = among(hostOf(standby), hostOf(primary));
    for (const wanted of ["read-write", "primary"] as const) expect(await portOf(both, wanted)).toBe(primary.port);
    for (const wanted of ["read-only", "standby", "prefer-standby"] as const)
      expect(await portOf(among(hostOf(primary), hostOf(standby)), wanted)).toBe(standby.port);
    expect(await portOf(both, "any")).toBe(standby.port);
    expect(await portOf(both)).toBe(primary.port); // with several hosts, "read-write" is the default
    expect(await portOf(among(hostOf(primary)), "prefer-standby")).toBe(primary.port);
  });

  it("leave no connection to those that did not fit", async () => {
    const raw = { ...among(hostOf(primary), hostOf(standby)), applicationName: "misfit" };
    const dialled = await dial(raw, "prefer-standby");
    const count = async (): Promise<string | null | undefined> =>
      (await primary.sql("select count(*) as n from pg_stat_activity where application_name = 'misfit'"))[0]?.n;
    await until(async () => (await count()) === "0");
    dialled.destroy();
  });

  it("each say in one error why they did not do", async () => {
    await using peer = await listen((socket) => socket.destroy());
    const { port } = peer;
    const error = await errorOf(dial(among(hostOf(standby), "127.0.0.1:1", hostOf({ port })), "primary"));
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.message).toBe(
      `host ${hostOf(standby)}: is a standby; host 127.0.0.1:1: connect failed: connect ECONNREFUSED 127.0.0.1:1; ` +
        `host ${hostOf({ port })}: authentication failed: Connection terminated unexpectedly`,
    );
  });

  it("are not all tried when one refuses the password", async () => {
    let connects = 0;
    await using peer = await listen((socket) => {
      connects++;
      socket.destroy();
    });
    const error = await errorOf(dial({ ...among(hostOf(primary), hostOf(peer)), password: "wrong" }));
    expect(error).toMatchObject({ code: "28P01" });
    expect(connects).toBe(0);
  });

  it("share the time, so that one that says nothing leaves some to the next", async () => {
    await using silent = await listen((socket) => socket.resume());
    const raw = { ...among(hostOf(silent), hostOf(primary)), connectTimeout: 1_000 };
    const dialled = await dial(raw, "any", AbortSignal.timeout(1_000));
    expect(dialled.at.port).toBe(primary.port);
    expect(silent.sockets.size).toBe(0);
    dialled.destroy();
  });

  it("tell of no loss but that of the connection that was handed out", async () => {
    const asking = "pg_is_in_recovery"; // a server that tells its role is not asked: this one is made silent about it
    await using peer = await listen((socket) => {
      const upstream = connect(primary.port, "127.0.0.1");
      upstream.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => (chunk.includes(asking) ? socket.resetAndDestroy() : upstream.write(chunk)));
      socket.once("close", () => upstream.destroy());
      upstream.on("data", (chunk: Buffer) => socket.write(withoutRole(chunk)));
    });
    const dialled = await dial(among(hostOf(peer), hostOf(primary)), "primary");
    expect(dialled.at.port).toBe(primary.port);
    await until(() => peer.sockets.size === 0);
    expect(dialled.losses).toEqual([]);
    dialled.destroy();
  });

  it("are asked for their role when they do not tell it", async () => {
    for (const { real, wanted, other } of [
      { real: primary, wanted: "primary", other: "standby" },
      { real: standby, wanted: "read-only", other: "read-write" },
    ] as const) {
      await using peer = await listen((socket) => {
        const upstream = connect(real.port, "127.0.0.1");
        upstream.on("error", () => undefined);
        socket.pipe(upstream);
        socket.once("close", () => upstream.destroy());
        upstream.on("data", (chunk: Buffer) => socket.write(withoutRole(chunk)));
      });
      expect(await portOf(among(hostOf(peer)), wanted)).toBe(peer.port);
      expect((await errorOf(dial(among(hostOf(peer)), other))).message).toMatch(/is (?:not )?a standby/);
    }
  });

  it("share the time with one that does not even answer the connect", async () => {
    await using _ = await blackHole("127.0.0.4", primary.port);
    const raw = { ...among(`127.0.0.4:${String(primary.port)}`, hostOf(primary)), connectTimeout: 1_000 };
    const dialled = await dial(raw, "any", AbortSignal.timeout(1_000));
    expect(dialled.at.host).toBe("127.0.0.1");
    dialled.destroy();
  });

  it("begin with the one that answered last", async () => {
    let connects = 0;
    await using peer = await listen((socket) => {
      connects++;
      socket.destroy();
    });
    const dialer = createDialer(optionsOf(among(hostOf(peer), hostOf(primary))));
    for (let round = 0; round < 3; round++) {
      const dialled = await dialer.dial({ signal: AbortSignal.timeout(5_000), lost: () => undefined });
      expect(dialled.at.port).toBe(primary.port);
      dialled.destroy();
    }
    expect(connects).toBe(1);
  });

  it("are drawn at random when asked for", async () => {
    const dialer = createDialer(
      optionsOf({ ...among(hostOf(standby), hostOf(primary)), loadBalanceHosts: "random" }),
      "any",
    );
    const seen = new Set<number>();
    for (let round = 0; round < 60 && seen.size < 2; round++) {
      const dialled = await dialer.dial({ signal: AbortSignal.timeout(5_000), lost: () => undefined });
      seen.add(dialled.at.port);
      dialled.destroy();
    }
    expect(seen).toEqual(new Set([standby.port, primary.port])); // wrong once in 2 ** 59 runs
  });
});

describe("a name with several addresses", () => {
  const answer = (...addresses: readonly string[]): void => {
    // One promise shape for all overloads of lookup.
    vi.mocked(lookup).mockResolvedValueOnce(addresses.map((address) => ({ address, family: 4 })) as never);
  };

  it("is asked for at each connect, and followed", async () => {
    const dialer = createDialer(optionsOf({ ...to(primary), host: "db.example", sslmode: "disable" }));
    for (const address of ["127.0.0.1", "127.0.0.1"]) {
      answer(address);
      const dialled = await dialer.dial({ signal: AbortSignal.timeout(5_000), lost: () => undefined });
      expect(dialled.at).toEqual({ host: "db.example", port: primary.port, ip: address });
      dialled.destroy();
    }
    answer("127.0.0.9");
    const error = await errorOf(dialer.dial({ signal: AbortSignal.timeout(5_000), lost: () => undefined }));
    expect(error.message).toContain(`connect ECONNREFUSED 127.0.0.9:${String(primary.port)}`);
    expect(lookup).toHaveBeenCalledTimes(3);
  });

  it("goes on to the next address when one refuses", async () => {
    answer("127.0.0.9", "127.0.0.1");
    const dialled = await dial({ ...to(primary), host: "db.example", sslmode: "disable" });
    expect(dialled.at.ip).toBe("127.0.0.1");
    dialled.destroy();
  });

  it("goes on to the next address beside one that does not answer", async () => {
    await using _ = await blackHole("127.0.0.3", primary.port);
    answer("127.0.0.3", "127.0.0.1");
    const dialled = await dial({ ...to(primary), host: "db.example", sslmode: "disable", connectTimeout: "never" });
    expect(dialled.at.ip).toBe("127.0.0.1");
    dialled.destroy();
  });

  it("goes on when the server at one accepts and says nothing", async () => {
    let connects = 0;
    const hang = (socket: Socket): void => {
      connects++;
      socket.resume();
    };
    await using silent = await listen(hang, "127.0.0.2", primary.port);
    answer("127.0.0.2", "127.0.0.1");
    const dialled = await dial({ ...to(primary), host: "db.example", sslmode: "disable", connectTimeout: 1_000 });
    expect(dialled.at.ip).toBe("127.0.0.1");
    expect(connects).toBe(1);
    expect(silent.sockets.size).toBe(0);
    dialled.destroy();
  });

  it("says so when it has none", async () => {
    const error = await errorOf(dial({ ...to(primary), host: "no-such-host.invalid" }));
    expect(error).toMatchObject({ phase: "name lookup", host: "no-such-host.invalid" });
  });

  it("is given up at once while it is looked up", async () => {
    vi.mocked(lookup).mockReturnValueOnce(new Promise(() => undefined));
    const reason = new Error("given up");
    const controller = new AbortController();
    const connecting = dial({ ...to(primary), host: "db.example" }, "any", controller.signal);
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  it("is not taken for this machine because of what it is called", () => {
    const tls = { mode: undefined, files: {}, direct: false };
    expect(attemptsOf(tls, "localhost", "127.0.0.1")[0].mode).toBe("disable");
    expect(attemptsOf(tls, "localhost", "192.0.2.1")[0].mode).toBe("verify-full");
    expect(attemptsOf(tls, "db.example", "127.0.0.1")[0].mode).toBe("verify-full");
  });
});

describe("what a server says of itself", () => {
  it("is known without asking, and changes when the server changes", async () => {
    const dialled = await dial({ ...to(standby) });
    expect(dialled.isReadOnly).toBe(true);
    expect(dialled.isStandby).toBe(true);
    await standby.promote();
    await dialled.client.query("select 1");
    expect(dialled.isStandby).toBe(false);
    expect(dialled.isReadOnly).toBe(false);
    await dialled.client.query("set default_transaction_read_only = on");
    expect(dialled.isReadOnly).toBe(true);
    expect(dialled.isStandby).toBe(false);
    dialled.destroy();
  });
});
