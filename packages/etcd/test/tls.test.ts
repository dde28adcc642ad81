import { readFileSync } from "node:fs";
import { startEtcd } from "@pool/testing";
import { afterAll, expect, test } from "vitest";
import { etcd } from "../src/index.js";
import { expectCode } from "./support.js";

const server = await startEtcd({ own: true, tls: "client" });
afterAll(() => server[Symbol.asyncDispose]());
const { url } = server;
const { ca, certFile, keyFile } = server.tls!;
const [cert, key] = [readFileSync(certFile, "utf8"), readFileSync(keyFile, "utf8")];

test("certificates are taken as text and as files, and calls and watches go by TLS", async () => {
  await using byText = await etcd({ endpoints: url, tls: { ca, cert, key } }).connect();
  await byText.client.put("a", "x".repeat(500_000));
  await using byFile = await etcd({ endpoints: url, tls: { ca, certFile, keyFile } }).connect();
  await using watch = byFile.client.watch("a", { snapshot: true });
  const next = await watch[Symbol.asyncIterator]().next();
  expect(next).toMatchObject({ value: { type: "snapshot", entries: [{ key: "a" }] } });
  expect(JSON.stringify(byText.config)).not.toContain("PRIVATE KEY");
});

test("a server is verified: its authority, its name, its dates", async () => {
  await refuses(etcd({ endpoints: url, tls: { cert, key } }), /certificate/i);
  await refuses(etcd({ endpoints: url, tls: { ca, cert, key, serverName: "elsewhere" } }), /altnames|name/i);
  await server.tls!.use("wrong-host");
  await refuses(etcd({ endpoints: url, tls: { ca, cert, key } }), /altnames|name/i);
  await server.tls!.use("expired");
  await refuses(etcd({ endpoints: url, tls: { ca, cert, key } }), /expired/i);
  await server.tls!.use("valid");
  await using again = await etcd({ endpoints: url, tls: { ca, cert, key } }).connect();
  expect(again.state).toBe("ready");
});

test("insecureSkipVerify verifies nothing, and says so once", async () => {
  const warned: unknown[] = [];
  const onWarning = (warning: Error & { code?: string }): void => void warned.push(warning.code);
  process.on("warning", onWarning);
  await using connector = await etcd({ endpoints: url, tls: { cert, key, insecureSkipVerify: true } }).connect();
  await connector.client.put("a", "1");
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", onWarning);
  expect(warned).toEqual(["POOL_TLS_UNVERIFIED"]);
});

test("a client without a certificate is refused by the server, and the reason is told", async () => {
  await refuses(etcd({ endpoints: url, tls: { ca } }), /certificate|closed|alert/i);
});

test(
  "plain text to a server of TLS, and TLS to one of plain text, fail with a reason",
  { timeout: 40_000 },
  async () => {
    await refuses(etcd({ endpoints: url.replace("https", "http"), dialTimeout: 1_000 }), /./);
    await using plain = await startEtcd();
    await refuses(etcd({ endpoints: plain.url.replace("http:", "https:"), tls: { ca }, dialTimeout: 1_000 }), /./);
  },
);

test("a file that is not there is named", async () => {
  await refuses(etcd({ endpoints: url, tls: { caFile: "/nowhere/ca.pem" } }), /nowhere/);
});

async function refuses(connector: ReturnType<typeof etcd>, why: RegExp): Promise<void> {
  const error = await connector.connect().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const code = (error as { code?: string } | undefined)?.code ?? "";
  await expectCode(Promise.reject(error), code === "CONNECT_TIMEOUT" ? code : "CONNECT_FAILED");
  expect((error as Error).message).toMatch(why);
}
