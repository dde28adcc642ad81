import { userInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { isPoolError, readOptions } from "@pool/core";
import {
  connectOptions,
  type ConnectOptions,
  type RawConnectOptions,
  readConnectOptions,
} from "../../src/connect/dial-options.js";

const problemsOf = (raw: RawConnectOptions): string => readConnectOptions(raw).problems.join("; ");

describe("options for one connection", () => {
  it("have a default each", () => {
    const { options, problems } = readConnectOptions({});
    expect(problems).toEqual([]);
    const user = userInfo().username;
    expect(options).toEqual({
      hosts: [{ host: "localhost", port: 5432 }],
      user,
      database: user,
      password: undefined,
      tls: { mode: undefined, files: {}, direct: false },
      channelBinding: "prefer",
      parameters: {},
      targetSessionAttrs: "any",
      loadBalanceHosts: "disable",
      keepAlive: 30_000,
      types: undefined,
      poolMode: "session",
      connectTimeout: 5_000,
    });
  });

  it("go before what the URL says", () => {
    const url = "postgres://u:p@db/d?sslmode=require&application_name=a&connect_timeout=9&target_session_attrs=standby";
    const { options } = readConnectOptions({
      ...{ url, user: "me", password: "mine", database: "other", sslmode: "verify-ca", applicationName: "b" },
      ...{ connectTimeout: "2s", targetSessionAttrs: "any", keepAlive: "never" },
    });
    expect(options).toMatchObject({
      ...{ user: "me", password: "mine", database: "other", tls: { mode: "verify-ca" } },
      parameters: { application_name: "b" },
      ...{ connectTimeout: 2_000, targetSessionAttrs: "any", keepAlive: Infinity },
    });
    expect(readConnectOptions({ url }).options).toMatchObject({
      ...{ user: "u", password: "p", database: "d", tls: { mode: "require" } },
      ...{ connectTimeout: 9_000, targetSessionAttrs: "standby" },
    });
    expect(readConnectOptions({ url, ssl: { ca: "x" } }).options.tls).toEqual({
      mode: "require",
      files: { ca: "x" },
      direct: false,
    });
    expect(readConnectOptions({ url, ssl: false }).options.tls.mode).toBe("disable");
  });

  it("have the time that the pool has for a connect", () => {
    for (const [acquireTimeout, connectTimeout] of [
      [60_000, 5_000],
      ["2s", 2_000],
      [10, 1_000],
    ] as const)
      expect(readConnectOptions({ acquireTimeout }).options.connectTimeout).toBe(connectTimeout);
  });

  it("want a server that takes writes when there are several", () => {
    expect(readConnectOptions({ hosts: ["a", "b:1"], port: 7 }).options).toMatchObject({
      hosts: [
        { host: "a", port: 7 },
        { host: "b", port: 1 },
      ],
      targetSessionAttrs: "read-write",
    });
  });

  it.each<readonly [RawConnectOptions, RegExp]>([
    [{ host: "a", hosts: ["b"] }, /host and hosts exclude each other/],
    [{ url: "postgres://a", host: "b" }, /url names the hosts/],
    [{ url: "postgres://a", port: 1 }, /url names the hosts/],
    [{ hosts: ["a", "b:x"] }, /hosts has a port that is no number from 1 to 65535 after "b"/],
    [{ host: "a b" }, /host has a host with white space/],
    [{ sslmode: "disable", ssl: true }, /ssl true contradicts sslmode "disable"/],
    [{ sslmode: "verify-full", ssl: false }, /ssl false contradicts sslmode "verify-full"/],
    [{ sslmode: "verify-ca", ssl: { rejectUnauthorized: false } }, /contradicts sslmode "verify-ca"/],
    [{ sslmode: "require", ssl: { rejectUnauthorized: true } }, /contradicts sslmode "require"/],
    [{ sslmode: "disable", ssl: { ca: "x" } }, /of no use with sslmode "disable"/],
    [{ ssl: { ca: "x", rejectUnauthorized: false } }, /makes no use of ssl\.ca/],
    [{ user: "a\0b" }, /user must not have a NUL/],
    [
      { poolMode: "transaction", settings: { statement_timeout: 5 } },
      /statement_timeout cannot be set .* PgBouncer refuses it/,
    ],
    [{ poolMode: "transaction", url: "postgres://a?options=-c%20jit%3Doff" }, /options cannot be set/],
  ])("that are impossible together: %j", (raw, message) => {
    expect(problemsOf(raw)).toMatch(message);
  });

  it("may set what PgBouncer keeps apart for each client", () => {
    const settings = { TimeZone: "UTC", DateStyle: "ISO" };
    expect(problemsOf({ poolMode: "transaction", settings, applicationName: "a" })).toBe("");
  });

  it.each<readonly [Record<keyof ConnectOptions, unknown> | Record<string, unknown>, RegExp]>([
    [{ password: "" }, /password must be a text that is not empty, or a function that gives one, got a string/],
    [{ password: 5 }, /password must be .* got a number/],
    [{ sslmode: "no-verify" }, /sslmode must be one of/],
    [{ ssl: "require" }, /ssl must be true, false, or an object/],
    [{ ssl: { sslrootcert: "/etc/x" } }, /an object with nothing but ca, cert/],
    [{ ssl: { ca: 5 } }, /whose ca is a text/],
    [{ settings: { "a b": 1 } }, /whose names are names of settings/],
    [{ settings: { user: "root" } }, /without user: it is the option user/],
    [{ settings: { client_encoding: "latin1" } }, /it is always UTF8/],
    [{ settings: { jit: null } }, /whose jit is a text/],
    [{ settings: { jit: "a\0b" } }, /whose jit is a text/],
    [{ hosts: [] }, /hosts must be a list of hosts/],
    [{ types: {} }, /types must be an object with the function getTypeParser/],
    [{ port: 0 }, /port must be a whole number from 1 to 65535/],
  ])("that are each wrong: %j", (raw, message) => {
    try {
      readOptions(connectOptions, raw, "postgres");
    } catch (error) {
      expect(isPoolError(error, "INVALID_OPTIONS")).toBe(true);
      expect(String(error)).toMatch(message);
      return;
    }
    throw new Error("was expected to throw");
  });
});
