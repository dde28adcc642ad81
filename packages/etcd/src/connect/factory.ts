import { type ResourceFactory } from "@pool/core";
import { EtcdConnection } from "../wire/connection.js";
import { loadProtocol } from "../wire/protocol.js";
import { type Endpoint } from "../wire/socket.js";
import { askStatus } from "./ask-status.js";
import { type EtcdTls, readTlsFiles } from "./tls-options.js";

/**
 * How connections to one member are opened, validated and closed; `tls` undefined is plain text. They keep no state of a borrower, so there is nothing
 * to reset.
 */
export function etcdFactory(endpoint: Endpoint, tls: EtcdTls | undefined): ResourceFactory<EtcdConnection> {
  return {
    kind: "etcd",
    create: async ({ signal, lost }) => {
      signal.throwIfAborted();
      const settings = tls === undefined ? undefined : await readTlsFiles(tls);
      return EtcdConnection.open(endpoint, settings, signal, lost);
    },
    validate: async (connection, signal) => askStatus(connection, await loadProtocol(), signal),
    close: (connection) => connection.close(),
    status: ({ open }) => ({ busy: open > 0, clean: open === 0 }),
  };
}
