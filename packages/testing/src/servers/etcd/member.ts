import { join } from "node:path";
import { GivenServer } from "../given-server.js";
import type { Home } from "../home.js";
import { OwnServer } from "../own-server.js";
import type { ServerTls } from "../postgres/options.js";
import type { ServerProcess } from "../server-process.js";
import { callGateway, type Gateway } from "./gateway.js";
import type { EtcdServer, EtcdServerOptions } from "./options.js";

/** Where one member is, and who is in its cluster. */
export interface Seat {
  readonly name: string;
  readonly home: Home;
  readonly port: number;
  readonly peerPort: number;
  /** `name=url` of all members, with commas; left out for one that is alone. */
  readonly cluster?: string;
  readonly tls?: readonly string[] | undefined;
}

/** The command line of one member. */
export function argsOf(seat: Seat, flags: NonNullable<EtcdServerOptions["flags"]>): string[] {
  const { name, home, port, peerPort, cluster, tls } = seat;
  const [clients, peers] = [`${tls ? "https" : "http"}://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const all = {
    name,
    "data-dir": join(home.directory, "data"),
    "listen-client-urls": clients,
    "advertise-client-urls": clients,
    "listen-peer-urls": peers,
    "initial-advertise-peer-urls": peers,
    "initial-cluster": cluster ?? `${name}=${peers}`,
    // A single member waits for the others before it is its own leader again: half a second is enough here.
    ...(cluster === undefined && { "heartbeat-interval": 50, "election-timeout": 500 }),
    ...flags,
  };
  return [...Object.entries(all).map(([flag, value]) => `--${flag}=${value}`), ...(tls ?? [])];
}

/** What a member of ours has beside its process. */
export interface MemberFacts {
  readonly gateway: Gateway;
  readonly password?: string | undefined;
  readonly tls?: ServerTls | undefined;
}

export class OwnEtcd extends OwnServer implements EtcdServer {
  readonly user: string;
  readonly url: string;
  readonly tls: ServerTls | undefined;
  readonly #gateway: Gateway;

  constructor(process: ServerProcess, { gateway, password, tls }: MemberFacts) {
    super(process, gateway.port, password ?? "");
    this.user = password === undefined ? "" : "root";
    this.url = `${tls ? "https" : "http"}://${this.host}:${this.port}`;
    this.tls = tls;
    this.#gateway = gateway;
  }

  async call(path: string, request: object = {}): Promise<Readonly<Record<string, unknown>>> {
    if (this.user === "") return callGateway(this.#gateway, path, request);
    const login = { name: this.user, password: this.password };
    const { token } = await callGateway(this.#gateway, "auth/authenticate", login);
    return callGateway(this.#gateway, path, request, String(token));
  }
}

/** Others may use it, too, so what a test writes there it has to remove. */
export class GivenEtcd extends GivenServer implements EtcdServer {
  readonly url: string;
  readonly tls = undefined;

  constructor(variable: string, url: URL) {
    super(`the server that ${variable} gives`, url, 2379);
    this.url = url.href;
  }

  async call(path: string, request: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(new URL(`/v3/${path}`, this.url), { method: "POST", body: JSON.stringify(request) });
    if (!response.ok) throw new Error(`etcd: ${path}: ${await response.text()}`);
    return (await response.json()) as Readonly<Record<string, unknown>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
