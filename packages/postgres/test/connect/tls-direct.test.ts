import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { type PostgresServer, startPostgres } from "@pool/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConnectOptions, type RawConnectOptions } from "../../src/connect/dial-options.js";
import { dial, errorOf, to, until } from "./dialing.js";

let server: PostgresServer;
let ca: string;
beforeAll(async () => {
  server = await startPostgres({ own: true, tls: true });
  ca = server.tls?.ca ?? "";
});
afterAll(async () => await server[Symbol.asyncDispose]());

/** What PostgreSQL 17 does itself: takes the handshake off, and the server behind it hears the protocol alone. */
async function inFront(
  protocols: readonly string[],
): Promise<{ port: number; seen: (string | false | null)[] } & AsyncDisposable> {
  const { keyFile, certFile } = server.tls!;
  const seen: (string | false | null)[] = [];
  const open = new Set<{ destroy(): unknown }>();
  const tls = createServer(
    { key: readFileSync(keyFile), cert: readFileSync(certFile), ALPNProtocols: [...protocols] },
    (outside: TLSSocket) => {
      seen.push(outside.alpnProtocol);
      const inside = connect(server.port, server.host);
      for (const [one, other] of [
        [outside, inside],
        [inside, outside],
      ] as const) {
        open.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
        one.pipe(other);
      }
    },
  );
  tls.on("tlsClientError", () => undefined);
  await once(tls.listen(0, "127.0.0.1"), "listening");
  return {
    port: (tls.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      tls.close();
      await once(tls, "close");
    },
  };
}

describe("sslnegotiation direct", () => {
  it("begins with the handshake, and is verified in full also on this machine; a cancel goes the same way", async () => {
    await using front = await inFront(["postgresql"]);
    const raw: RawConnectOptions = { ...to(server), port: front.port, sslnegotiation: "direct", ssl: { ca } };
    const dialled = await dial(raw);
    expect(dialled.isEncrypted).toBe(true);
    const running = errorOf(dialled.client.query("select pg_sleep(30)"));
    await until(
      async () => (await server.sql("select 1 from pg_stat_activity where query like '%pg_sleep(30)'")).length > 0,
    );
    await dialled.cancel(AbortSignal.timeout(5_000));
    expect(await running).toMatchObject({ code: "57014" });
    dialled.destroy();
    expect(front.seen).toEqual(["postgresql", "postgresql"]);
    const { ssl: _, ...unverified } = raw;
    expect(await errorOf(dial(unverified))).toMatchObject({ phase: "TLS", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  });

  it("goes on with nobody who does not name the protocol", async () => {
    await using front = await inFront([]);
    const error = await errorOf(dial({ ...to(server), port: front.port, sslnegotiation: "direct", ssl: { ca } }));
    expect(error).toMatchObject({ phase: "TLS" });
    expect(error.message).toContain('does not name the protocol "postgresql"');
  });

  it("fails at a server that waits to be asked", async () => {
    const error = await errorOf(dial({ ...to(server), sslnegotiation: "direct", ssl: { ca } }));
    expect(error).toMatchObject({ phase: "TLS" });
  });

  it("is refused with a mode that may go without TLS", () => {
    for (const sslmode of ["disable", "allow", "prefer"] as const)
      expect(readConnectOptions({ sslmode, sslnegotiation: "direct" }).problems.join()).toContain(
        'needs sslmode "require"',
      );
    expect(readConnectOptions({ url: "postgres://db/?sslnegotiation=direct" }).options.tls).toMatchObject({
      mode: "verify-full",
      direct: true,
    });
  });
});

describe("sslrootcert system", () => {
  it("trusts the authorities of the system, and insists on the name", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pool-ca-"));
    const file = join(folder, "ca.pem");
    await writeFile(file, ca);
    const url = `${server.url.replace(/\?.*/, "")}?sslrootcert=system`;
    expect(await said(url, file)).toBe("encrypted");
    expect(await said(url, undefined)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    await rm(folder, { recursive: true });
  });

  it("goes with nothing weaker, and with no authority beside it", () => {
    const problemsOf = (raw: RawConnectOptions): string => readConnectOptions(raw).problems.join();
    expect(problemsOf({ url: "postgres://db/?sslrootcert=system&sslmode=require" })).toContain(
      'needs sslmode "verify-full"',
    );
    expect(problemsOf({ url: "postgres://db/?sslrootcert=system", ssl: false })).toContain(
      'needs sslmode "verify-full"',
    );
    expect(problemsOf({ url: "postgres://db/?sslrootcert=system", ssl: { ca } })).toContain("contradicts ssl.ca");
    expect(problemsOf({ url: "postgres://db/?sslrootcert=/etc/ca.pem" })).toContain("would have a file read");
    expect(problemsOf({ url: "postgres://db/?sslrootcert=system" })).toBe("");
  });
});

/** What becomes of a connect from a process whose system has the authorities of this file. */
async function said(url: string, file: string | undefined): Promise<string> {
  const module = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
  const script = `
    import { postgres } from ${JSON.stringify(module)};
    const connector = postgres({ url: process.env.URL });
    try {
      const { client } = await connector.connect();
      const { rows } = await client.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
      console.log(rows[0].ssl ? "encrypted" : "in clear text");
    } catch (error) {
      let cause = error;
      while (cause.cause !== undefined) cause = cause.cause;
      console.log(cause.code);
    }
    await connector.disconnect();`;
  const child = spawn(process.execPath, [...process.execArgv, "--input-type=module", "--eval", script], {
    env: { ...process.env, URL: url, ...(file !== undefined && { SSL_CERT_FILE: file }) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  await once(child, "close");
  return printed.trim();
}
