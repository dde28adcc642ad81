import { describe, expect, it } from "vitest";
import { fingerprint, redact, REDACTED, redactUrls } from "../src/redact.js";

describe("redact", () => {
  it("hides what stands under a secret's name, whatever it is", () => {
    const secret = {
      password: "s3cret",
      userPassword: "s3cret",
      passwd: "s3cret",
      passphrase: "s3cret",
      clientSecret: "s3cret",
      authToken: "s3cret",
      apiKey: "s3cret",
      api_key: "s3cret",
      "private-key": "s3cret",
      key: ["s3cret"],
      pfx: "s3cret",
      credentials: { user: "me", value: "s3cret" },
      pwd: "s3cret",
      DB_PWD: "s3cret",
      MYSQL_PWD: "s3cret",
      encryptionKey: "s3cret",
      "encryption-key": "s3cret",
      privateKey: "s3cret",
      secretKey: "s3cret",
      accessKey: "s3cret",
      AWS_SECRET_ACCESS_KEY: "s3cret",
      accountKey: "s3cret",
      masterkey: "s3cret",
      signing_keys: ["s3cret"],
      API_KEY: "s3cret",
    };
    const copy = redact(secret);
    expect(JSON.stringify(copy)).not.toContain("s3cret");
    expect(Object.keys(copy as object)).toEqual(Object.keys(secret));
  });

  it("hides what the caller says is secret", () => {
    expect(redact({ host: "h", pin: 1234 }, new Set(["pin"]))).toEqual({ host: "h", pin: REDACTED });
  });

  it("leaves the rest as it is, at every depth, and does not touch the original", () => {
    const original = {
      host: "db",
      port: 5432,
      ssl: { ca: "x", passphrase: "s3cret" },
      list: [{ token: "t" }, 7, null],
    };
    expect(redact(original)).toEqual({
      host: "db",
      port: 5432,
      ssl: { ca: "x", passphrase: REDACTED },
      list: [{ token: REDACTED }, 7, null],
    });
    expect(original.ssl.passphrase).toBe("s3cret");
  });

  it("shows what only sounds like a secret, above all the switch that makes TLS insecure", () => {
    const options = { rejectUnauthorized: false, reject_unauthorized: true, certificateAuthority: "x", author: "me" };
    expect(redact(options)).toEqual(options);
    expect(redact({ authorization: "s3cret", auth: "s3cret", xAuthToken: "s3cret" })).toEqual({
      authorization: REDACTED,
      auth: REDACTED,
      xAuthToken: REDACTED,
    });
  });

  it("shows keys that open nothing", () => {
    const options = {
      keys: ["a"],
      keyspace: "a",
      keyPrefix: "a:",
      keyFile: "a.pem",
      keepAlive: true,
      keyAlgorithm: "a",
      primaryKey: "a",
      foreign_keys: "on",
      partitionKey: "a",
      cacheKey: "a",
      publicKey: "a",
      hotkey: "a",
    };
    expect(redact(options)).toEqual(options);
  });

  it("says that an option was left out where it was", () => {
    expect(redact({ password: undefined })).toEqual({ password: undefined });
  });

  it("hides bytes, names functions, and ends in a circle", () => {
    const circle: Record<string, unknown> = { bytes: Buffer.from("s3cret"), make: () => "s3cret" };
    circle.self = circle;
    const copy = redact(circle) as Record<string, unknown>;
    expect(copy).toMatchObject({ bytes: REDACTED, make: "[function]" });
    expect(JSON.stringify(copy)).not.toContain("s3cret");
  });

  it("cannot be talked into setting a prototype", () => {
    const copy = redact(JSON.parse('{"__proto__": {"polluted": true}}')) as { polluted?: boolean };
    expect(copy.polluted).toBeUndefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("cleans URLs wherever they stand", () => {
    expect(redact({ url: "postgres://me:s3cret@db:5432/shop", note: ["redis://:s3cret@cache"] })).toEqual({
      url: `postgres://${REDACTED}@db:5432/shop`,
      note: [`redis://${REDACTED}@cache`],
    });
  });
});

describe("redactUrls", () => {
  const secret = "s3cret";

  it.each([
    "postgres://me:s3cret@db:5432/shop",
    "redis://:s3cret@cache",
    "postgres://s3cret@db",
    "connect to postgres://me:s3cret@db failed, as did mysql://me:s3cret@db2",
    "postgres://me:p@s3cret@db/shop",
    "postgres://me:s3cret/s3cret@db/shop",
    "postgres://me:s3cret?s3cret@db/shop",
    "postgres://me:s3cret#s3cret@db/shop",
    "postgres://me:p@s3cret/w0rd@db/shop",
    "postgres://me:p@ss/s3cret@db/shop?sslmode=require",
    "postgres://me:12/s3cret@db/shop",
    "postgres://me:12/s3cret?s3cret@db/shop",
    'postgres://me:p@s3"s3cret@db/shop',
    "postgres://me:LONGs3cret/LONGs3cret@db/shop",
    '{"url":"redis://me:p@s3cret/0@cache/0","mail":"me@example.org"}',
    "one://web/,two://me:s3cret@db",
    "one://two://me:s3cret@db",
    "host=db user=me password=s3cret dbname=shop",
    "PGPASSWORD=s3cret psql",
    "db_password=s3cret",
    "postgres://db/shop?user=me&password=s3cret&ssl=true",
    "https://host/path?access_token=s3cret",
    "client_secret=s3cret;",
    "password='s3cret with spaces s3cret'",
    'password="s3cret with spaces s3cret"',
    'options {"password":"s3cret","host":"db"}',
    "options { password: 's3cret', host: 'db' }",
    "postgres://me:LONGs3cret@db/shop",
    "password=LONGs3cret",
    String.raw`{"password":"abc\"s3cret"}`,
    String.raw`{"password":"abc\\\"s3cret","host":"db"}`,
    String.raw`host=db password='it\'s s3cret' user=me`,
    "password='it''s s3cret'",
    String.raw`password="abc\" token="s3cret"`,
    'options { password: `it\'s "s3cret"` }',
    "AccountName=me;AccountKey=s3cret==;",
    'options {"encryptionKey":"s3cret"}',
  ])("leaves no secret in %s", (pattern) => {
    const text = pattern.replace("LONG", "x".repeat(2_000)); // tokens that stand in for passwords are as long
    const clean = redactUrls(text);
    expect(clean).not.toContain(secret);
    expect(clean).toContain(REDACTED);
  });

  it.each([
    "postgres://db:5432/shop",
    "https://host:8443/users/@me",
    "https://host/users/@me?sort=a",
    "mail me@example.org",
    "http://one:80,http://two:80 and me@example.org",
    "invalid password: authentication failed",
    "the password was wrong",
    "no secret here",
    "see http://host/a and mail me@example.com",
    "see postgres://db:5432/shop, or mail me@example.com",
    '{"url":"http://host/a","mail":"me@example.com"}',
    "postgres://db:5432/shop?user=me@tenant",
    "the option `password`: must be a string",
    "",
  ])("leaves %j as it is", (text) => {
    expect(redactUrls(text)).toBe(text);
  });

  it("keeps what helps: host, port and database", () => {
    expect(redactUrls("connect to postgres://me:s3cret@db:5432/shop?sslmode=require failed")).toBe(
      `connect to postgres://${REDACTED}@db:5432/shop?sslmode=require failed`,
    );
    expect(redactUrls("redis://:s3cret@one:6379,redis://:s3cret@two:6379/0")).toBe(
      `redis://${REDACTED}@one:6379,redis://${REDACTED}@two:6379/0`,
    );
    expect(redactUrls('{"url":"redis://:s3cret@one/0","mail":"me@example.com"}')).toBe(
      `{"url":"redis://${REDACTED}@one/0","mail":"me@example.com"}`,
    );
    expect(redactUrls(String.raw`{"password":"s3\"cret","host":"db"}`)).toBe(`{"password":${REDACTED},"host":"db"}`);
  });

  it.each([
    "a://",
    "a://b:c",
    "a://b:",
    "://",
    "password=",
    "aaaaaaaaaa",
    "a:",
    "@",
    "a://@",
    "s3cret=",
    "a+",
    "'",
    "password='",
    "password='\\",
    'password=""',
    "password: `",
    "a://b@",
    "a://b:1/",
    "a://b:1/?a=",
    ",a://b:c",
    '@"',
  ])("is done with 64 K of %j in time", (piece) => {
    const text = piece.repeat(Math.ceil(65_536 / piece.length));
    const start = performance.now();
    redactUrls(text);
    expect(performance.now() - start).toBeLessThan(1_000); // takes about 10 ms; quadratic it would be many seconds
  });
});

describe("fingerprint", () => {
  it("is the same for the same secrets and another for others, inside one process", () => {
    expect(fingerprint("a", "b")).toBe(fingerprint("a", "b"));
    const all = [
      fingerprint(),
      fingerprint(undefined),
      fingerprint(""),
      fingerprint("u"),
      fingerprint("ab"),
      fingerprint("a", "b"),
      fingerprint("b", "a"),
      fingerprint("a", undefined, "b"),
      fingerprint("a", "", "b"),
      fingerprint("s1:a"),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it("shows nothing of what it was made of, and is short", () => {
    expect(fingerprint("s3cret")).toMatch(/^[0-9a-f]{16}$/);
  });
});
