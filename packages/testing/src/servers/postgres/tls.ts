import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCertificates } from "../certificates.js";
import type { ServerProcess } from "../server-process.js";
import type { Cluster, Settings } from "./cluster.js";
import type { ServerTls } from "./options.js";

/** Gives a cluster its certificates; what a test sees of them needs the process, which then reads them anew. */
export async function createTls(
  cluster: Cluster,
  required: boolean,
): Promise<{ settings: Settings; tls(process: ServerProcess): ServerTls }> {
  const { home, data } = cluster;
  const certificates = await createCertificates(home);
  const certFile = home.write(join("data", "server.crt"), "");
  const keyFile = home.write(join("data", "server.key"), "");
  const show = (kind: "valid" | "wrong-host" | "expired"): void => {
    copyFileSync(certificates[kind].cert, certFile);
    copyFileSync(certificates[kind].key, keyFile);
  };
  show("valid");
  if (required) writeFileSync(join(data, "pg_hba.conf"), onlyTls);
  return {
    settings: { ssl: true, ssl_cert_file: "server.crt", ssl_key_file: "server.key" },
    tls: (process) => ({
      ca: readFileSync(certificates.ca, "utf8"),
      certFile,
      keyFile,
      async use(kind) {
        show(kind);
        await reload(process);
      },
    }),
  };
}

const onlyTls = `local all,replication all scram-sha-256
local replication all scram-sha-256
hostssl all all 127.0.0.1/32 scram-sha-256
`;

async function reload(server: ServerProcess): Promise<void> {
  const before = reloads(server);
  if (server.pid === undefined) return;
  process.kill(server.pid, "SIGHUP");
  for (let left = 1000; left > 0 && reloads(server) === before; left--) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function reloads(server: ServerProcess): number {
  return server.log().split("received SIGHUP").length;
}
