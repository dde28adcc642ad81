import { copyFileSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { createCertificates } from "./certificates.js";
import type { Home } from "./home.js";

/** What a test sees of a Redis that speaks TLS, beside its plain port. */
export interface RedisTls {
  /** The certificate of the authority that has signed the server's. */
  readonly ca: string;
  /** Where to connect over TLS, with user and password. */
  readonly url: string;
  readonly port: number;
  /** Shows another certificate to new connections. */
  use(kind: "valid" | "wrong-host" | "expired"): Promise<void>;
}

export interface MadeRedisTls {
  readonly settings: Readonly<Record<string, string | number>>;
  of(server: { readonly host: string; readonly password: string; readonly socketPath: string }): RedisTls;
}

/** Certificates for one server, and what its configuration says of them. */
export async function createRedisTls(home: Home, port: number): Promise<MadeRedisTls> {
  const certificates = await createCertificates(home);
  const [certFile, keyFile] = [home.write("server.crt", ""), home.write("server.key", "")];
  const show = (kind: "valid" | "wrong-host" | "expired"): void => {
    copyFileSync(certificates[kind].cert, certFile);
    copyFileSync(certificates[kind].key, keyFile);
  };
  show("valid");
  const files = { "tls-cert-file": certFile, "tls-key-file": keyFile, "tls-ca-cert-file": certificates.ca };
  return {
    settings: { "tls-port": port, "tls-auth-clients": "no", ...files },
    of: ({ host, password, socketPath }) => ({
      ca: readFileSync(certificates.ca, "utf8"),
      url: `rediss://default:${password}@${host}:${port}`,
      port,
      async use(kind) {
        show(kind);
        // Set to what they are, they are read anew.
        await tell(socketPath, `AUTH ${password}`, `CONFIG SET tls-cert-file ${certFile} tls-key-file ${keyFile}`);
      },
    }),
  };
}

function tell(path: string, ...commands: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = "";
    socket.end([...commands, "QUIT", ""].join("\r\n"));
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("error", reject);
    socket.on("close", () => (answer.includes("-") ? reject(new Error(answer)) : resolve()));
  });
}
