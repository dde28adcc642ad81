import { seededRandom, seedOfRun } from "@pool/testing";
import { describe, expect, it } from "vitest";
import { readUrl } from "../../src/connect/url.js";

const read = (url: string): Record<string, unknown> => {
  const { parts, problems } = readUrl(url);
  expect(problems).toEqual([]);
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
};
const problemsOf = (url: string): string => readUrl(url).problems.join("; ");

describe("a URL that is right", () => {
  const at = (host: string, port = 5432): { host: string; port: number } => ({ host, port });
  const cases: readonly (readonly [string, Record<string, unknown>])[] = [
    ["postgres://", {}],
    ["postgresql://db", { hosts: [at("db")] }],
    ["POSTGRES://db:5433/", { hosts: [at("db", 5433)] }],
    ["postgres://u@db/app", { user: "u", hosts: [at("db")], database: "app" }],
    ["postgres://u:p@db/app", { user: "u", password: "p", hosts: [at("db")], database: "app" }],
    ["postgres://u:p:q@r@db", { user: "u", password: "p:q@r", hosts: [at("db")] }],
    ["postgres://%75:%2F%3F%23%40%25@db/a%2Fb", { user: "u", password: "/?#@%", hosts: [at("db")], database: "a/b" }],
    ["postgres://a:1,b,c:3/d", { hosts: [at("a", 1), at("b"), at("c", 3)], database: "d" }],
    ["postgres://[::1]:5433,[2001:db8::1]/d", { hosts: [at("::1", 5433), at("2001:db8::1")], database: "d" }],
    ["postgres://%2Frun%2Fpostgresql:5433/d", { hosts: [at("/run/postgresql", 5433)], database: "d" }],
    ["postgres:///d?host=/run/postgresql", { hosts: [at("/run/postgresql")], database: "d" }],
    [
      "postgres:///?host=a,b&port=1,2&user=u&password=p&dbname=d",
      { hosts: [at("a", 1), at("b", 2)], user: "u", password: "p", database: "d" },
    ],
    ["postgres:///?host=a,b&port=9", { hosts: [at("a", 9), at("b", 9)] }],
    [
      "postgres://db?sslmode=verify-ca&target_session_attrs=prefer-standby",
      { hosts: [at("db")], sslmode: "verify-ca", targetSessionAttrs: "prefer-standby" },
    ],
    [
      "postgres://db?connect_timeout=3&keepalives_idle=0",
      { hosts: [at("db")], connectTimeout: 3_000, keepAlive: Infinity },
    ],
    [
      "postgres://db?options=-c%20jit%3Doff&application_name=a+b",
      { hosts: [at("db")], options: "-c jit=off", applicationName: "a+b" },
    ],
    [
      "postgres://db?channel_binding=require&load_balance_hosts=random",
      { hosts: [at("db")], channelBinding: "require", loadBalanceHosts: "random" },
    ],
    ["postgres://дом.example/d", { hosts: [at("дом.example")], database: "d" }],
  ];
  it.each(cases)("%s", (url, parts) => {
    expect(read(url)).toEqual(parts);
  });
});

describe("a URL that is wrong", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["mysql://db", /must begin with postgres/],
    ["db", /must begin with postgres/],
    ["postgres://db:0/d", /has a port that is no number from 1 to 65535 after "db"/],
    ["postgres://db:99999/d", /has a port/],
    ["postgres://db:x/d", /has a port/],
    ["postgres://a,,b/d", /has an empty host/],
    ["postgres://[::1/d", /brackets around what is no IPv6 address/],
    ["postgres://[db]/d", /brackets around what is no IPv6 address/],
    ["postgres://a b/d", /white space/],
    ["postgres://-x/d", /is no name of a host/],
    ["postgres://db/a/b", /more than one part/],
    ["postgres://db/%", /a % that begins no encoded character/],
    ["postgres://db/a%00b", /NUL/],
    ["postgres://db?nonsense=1", /the parameter "nonsense", which is not known; known are host, port/],
    ["postgres://db?sslmode=off", /the parameter sslmode that is not one of disable, allow/],
    ["postgres://db?sslmode=require&sslmode=disable", /the parameter "sslmode" twice/],
    ["postgres://db?sslmode", /the parameter sslmode without a value/],
    ["postgres://db?host=other", /says the host twice/],
    ["postgres://u@db?user=root", /says the user twice/],
    ["postgres://u:p@db?password=q", /says the password twice/],
    ["postgres://db/d?dbname=e", /says the database twice/],
    ["postgres://db?port=1", /the parameter port without the parameter host/],
    ["postgres:///?host=a,b,c&port=1,2", /another number of entries/],
    ["postgres://db?sslrootcert=/etc/passwd", /sslrootcert, which would have a file read .* as the option ssl\.ca/],
    ["postgres://db?sslkey=/root/key", /the option ssl\.key/],
    ["postgres://db?passfile=/root/.pgpass", /the option password/],
    ["postgres://db?connect_timeout=soon", /a whole number of seconds/],
    [`postgres://db/${"x".repeat(20_000)}`, /more than 16384 characters/],
    [`postgres://${"a,".repeat(100)}a`, /more than 64 hosts/],
  ];
  it.each(cases)("%s", (url, message) => {
    expect(problemsOf(url)).toMatch(message);
  });

  it.each([
    "postgres://u:se/cret@db/d",
    "postgres://u:se?cret@db/d",
    "postgres://u:se#cret@db/d",
    "postgres://u:12/cret@db/d",
    "postgres://u:se?cret=1@db/d",
    "postgres://u:secret%@db/d",
    "postgres://u:secret@db:port/d",
    "postgres://u:secret@/d?nonsense=secret",
    "postgres:///d?password=secret&password=secret",
    "postgres://u:secret",
    "u:secret@db",
  ])("never shows a password: %s", (url) => {
    expect(problemsOf(url)).not.toBe("");
    expect(problemsOf(url)).not.toMatch(/\bse\b|cret/);
  });
});

describe("any text", () => {
  const seed = seedOfRun();
  const next = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T; // the lists are not empty

  it(`is read without a crash, and what is wrong shows no password (seed ${String(seed)})`, () => {
    const pieces = [
      "@",
      ":",
      "/",
      "?",
      "#",
      "&",
      "=",
      ",",
      "%",
      "%40",
      "%2F",
      "[",
      "]",
      "::1",
      "db",
      "5432",
      "host",
      "sslmode",
      " ",
      "\0",
      "é",
      "postgres://",
    ];
    for (let round = 0; round < 20_000; round++) {
      const secret = `s3cr${pick(["", "/", "?", "#", "@", "%", ":", "&", "="])}3t`;
      const tail = Array.from({ length: Math.floor(next() * 12) }, () => pick(pieces)).join("");
      const { problems } = readUrl(`postgres://user:${secret}@${tail}`);
      expect(problems.join(), `${secret} ${tail}`).not.toMatch(/s3cr|3t/);
      readUrl(`${pick(["postgres://", "postgresql://", ""])}${tail}`);
    }
  });

  it("costs no more than its length", () => {
    for (const unit of ["@", ":", "%41", "a,", "a=b&", "[", "&", "/", "?", "%"]) {
      const url = `postgres://${unit.repeat(16_000 / unit.length)}`;
      const start = performance.now();
      readUrl(url);
      expect(performance.now() - start, unit).toBeLessThan(1_000);
    }
  });
});

// Numerical Recipes' generator: enough to draw texts, and the same for one seed.
