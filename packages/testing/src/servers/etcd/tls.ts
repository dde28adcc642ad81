import { copyFileSync, readFileSync } from "node:fs";
import { createCertificates } from "../certificates.js";
import type { Home } from "../home.js";
import type { ServerTls } from "../postgres/options.js";
import type { Gateway } from "./gateway.js";

/** Certificates of one member: its flags, what a test sees of them, and what a client of the gateway shows. */
export async function createTls(
  home: Home,
  kind: true | "client",
): Promise<{
  readonly args: readonly string[];
  readonly tls: ServerTls;
  readonly client: NonNullable<Gateway["tls"]>;
}> {
  const certificates = await createCertificates(home);
  const [certFile, keyFile] = [home.write("server.crt", ""), home.write("server.key", "")];
  const show = (which: "valid" | "wrong-host" | "expired"): void => {
    copyFileSync(certificates[which].cert, certFile);
    copyFileSync(certificates[which].key, keyFile);
  };
  show("valid");
  const ca = readFileSync(certificates.ca, "utf8");
  const read = (file: string): string => readFileSync(file, "utf8");
  return {
    args: [
      `--cert-file=${certFile}`,
      `--key-file=${keyFile}`,
      ...(kind === "client" ? ["--client-cert-auth=true", `--trusted-ca-file=${certificates.ca}`] : []),
    ],
    // etcd reads the files at every handshake.
    tls: { ca, certFile, keyFile, use: async (which) => show(which) },
    client: { ca, cert: read(certificates.valid.cert), key: read(certificates.valid.key) },
  };
}
