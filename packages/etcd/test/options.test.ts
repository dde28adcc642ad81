import { readFileSync } from "node:fs";
import { describeOptions, isPoolError } from "@pool/core";
import { expect, test } from "vitest";
import { etcd, etcdOptions } from "../src/index.js";
import { readEtcdOptions } from "../src/options.js";

test("the README's table of options is that of the code", () => {
  const readme = rows(readFileSync(new URL("../README.md", import.meta.url), "utf8"));
  for (const row of rows(describeOptions(etcdOptions))) expect(readme).toContain(row);
});

test("endpoints are read from hosts, hosts with ports and URLs", () => {
  const { endpoints, secure } = readEtcdOptions({ endpoints: ["https://a", "https://b:80", "https://[::1]:2380"] });
  expect(endpoints).toEqual([
    { host: "a", port: 2379 },
    { host: "b", port: 80 },
    { host: "::1", port: 2380 },
  ]);
  expect(secure).toBe(true);
});

test.each([
  ["127.0.0.1:2379", undefined, false],
  ["localhost", undefined, false],
  ["etcd.example:2379", undefined, true],
  ["http://etcd.example:2379", undefined, false],
  ["etcd.example", false, false],
  ["127.0.0.1", true, true],
  ["127.0.0.1", { ca: "x" }, true],
])("plain text is never a guess: %s with tls %o", (endpoints, tls, secure) => {
  expect(readEtcdOptions({ endpoints, ...(tls !== undefined && { tls }) }).secure).toBe(secure);
});

test.each([
  [{ endpoints: [] }, "endpoints"],
  [{ endpoints: "a:b:c" }, "no host"],
  [{ endpoints: "http://user:s3cret@a" }, "user and password"],
  [{ endpoints: "http://a/path" }, "more than host and port"],
  [{ endpoints: ["http://a", "https://b"] }, "all be https"],
  [{ endpoints: "http://a", tls: true }, "of no use"],
  [{ endpoints: "https://a", tls: false }, "contradicts"],
  [{ user: "me" }, "go together"],
  [{ password: "s3cret" }, "go together"],
  [{ tls: { cert: "s3cret" } }, "cert and key together"],
  [{ tls: { ca: "s3cret", insecureSkipVerify: true } }, "makes no use"],
  [{ tls: { ca: "s3cret", caFile: "f" } }, "not both"],
  [{ tls: { cacert: "s3cret" } }, '"cacert" is unknown'],
  [{ dialTimout: 1 }, "did you mean dialTimeout"],
] as readonly (readonly [object, string])[])("refuses %o", (options, reason) => {
  let thrown: unknown;
  try {
    etcd(options);
  } catch (error) {
    thrown = error;
  }
  expect(isPoolError(thrown, "INVALID_OPTIONS")).toBe(true);
  expect(String(thrown)).toContain(reason);
  expect(String(thrown)).not.toContain("s3cret");
});

/** Rows of tables, without the padding of their columns. */
function rows(markdown: string): string[] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.replaceAll(/ +/g, " "));
}
