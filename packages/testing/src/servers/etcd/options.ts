import type { ServerTls } from "../postgres/options.js";
import type { TestServer } from "../server.js";

export interface EtcdServerOptions {
  /** Flags without their dashes, such as `{ "quota-backend-bytes": 16_777_216 }`. */
  readonly flags?: Readonly<Record<string, string | number | boolean>>;
  /** Asks for a login: `user` is "root", and `password` is made at random. @default false */
  readonly auth?: boolean;
  /** Speaks only TLS, with a certificate for `localhost` and 127.0.0.1; "client" asks clients for one by the same authority, too. @default false */
  readonly tls?: boolean | "client";
  /** Never use the server that POOL_TEST_ETCD_URL names, since this one is to be stopped, killed or frozen. @default false */
  readonly own?: boolean;
}

/** One member; alone, it is a cluster by itself. Without `auth` it asks for no password: `user` and `password` are empty. */
export interface EtcdServer extends TestServer {
  readonly tls: ServerTls | undefined;
  /**
   * Calls the JSON gateway, as root where there are logins: `call("kv/put", { key, value })`, bytes in base64, 64-bit numbers as text. It needs no driver.
   * @throws Error with what the server says
   */
  call(path: string, request?: object): Promise<Readonly<Record<string, unknown>>>;
}

export interface EtcdClusterOptions extends Pick<EtcdServerOptions, "flags"> {
  /** How many members. @default 3 */
  readonly size?: number;
}

/** Members that decide by majority. Each can be killed, frozen and restarted by itself. */
export interface EtcdCluster extends AsyncDisposable {
  readonly members: readonly EtcdServer[];
  /** Where the members are, in their order. */
  readonly urls: readonly string[];
  /** The member that leads now, by the word of those that run. Waits for one. */
  leader(): Promise<EtcdServer>;
}
