import type { TestServer } from "../server.js";
import type { TextRow } from "./admin.js";

export interface PostgresServerOptions {
  /** Settings of postgresql.conf, such as `{ max_connections: 20, log_statement: "all" }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** TLS with a certificate for `localhost` and 127.0.0.1; connections without it are refused when `"required"`. @default false */
  readonly tls?: boolean | "required";
  /** Keep fsync on: what it has acknowledged then survives a crash of the machine, not only its own. @default false */
  readonly durable?: boolean;
  /** Never use the server that POOL_TEST_POSTGRES_URL names, since this one is to be stopped, killed or frozen. @default false */
  readonly own?: boolean;
}

export interface ServerTls {
  /** The certificate of the authority that signed the server's, as PEM. */
  readonly ca: string;
  /** The files that the server reads; {@link ServerTls.use} changes what they hold. */
  readonly certFile: string;
  readonly keyFile: string;
  /**
   * Has the server show another certificate from now on: one for another host, one that has ended, or the right one again.
   * New connections see it.
   */
  use(certificate: "valid" | "wrong-host" | "expired"): Promise<void>;
}

export interface PostgresServer extends TestServer {
  readonly database: string;
  /** The directory of its Unix socket, which is `host` for a driver; `undefined` for a server that was given by its URL. */
  readonly socketDirectory: string | undefined;
  readonly tls: ServerTls | undefined;
  /**
   * A new, empty database on this server, as its URL: so that tests can share a server and not see one another. It goes with the server.
   * @param name default: one at random
   */
  createDatabase(name?: string): Promise<string>;
  /** Runs SQL as superuser on a connection of its own, and resolves with all rows, every value as text. It needs no driver. */
  sql(text: string, options?: { readonly database?: string }): Promise<TextRow[]>;
  /** A second server that follows this one by streaming replication, read-only until it is promoted. */
  createStandby(): Promise<PostgresStandby>;
}

export interface PostgresStandby extends PostgresServer {
  /** Makes it a primary; resolves when it takes writes. The old primary is left as it is. */
  promote(): Promise<void>;
  /** Waits until all that the primary has committed by now is visible here. */
  caughtUp(): Promise<void>;
}
