import { get } from "node:http";
import { join } from "node:path";
import { freePort, onFreePort } from "./free-port.js";
import { GivenServer } from "./given-server.js";
import { givenUrl } from "./given-url.js";
import { makeHome, type Home } from "./home.js";
import { OwnServer } from "./own-server.js";
import { findProgram, missing } from "./programs.js";
import { ServerProcess } from "./server-process.js";
import type { TestServer } from "./server.js";

export interface EtcdServerOptions {
  /** Flags without their dashes, such as `{ "quota-backend-bytes": 16_777_216 }`. */
  readonly flags?: Readonly<Record<string, string | number | boolean>>;
  /** Never use the server that POOL_TEST_ETCD_URL names, since this one is to be stopped, killed or frozen. @default false */
  readonly own?: boolean;
}

/** One member, which is a cluster by itself. It asks for no password: `user` and `password` are empty. */
export type EtcdServer = TestServer;

const ETCD_URL = "POOL_TEST_ETCD_URL";

/**
 * An etcd for a test, on loopback. Tried in this order: the server that POOL_TEST_ETCD_URL gives (unless options ask for one of one's own);
 * `etcd` on this machine.
 *
 * @throws Error that names the command to run when there is no etcd
 */
export async function startEtcd({ flags = {}, own = false }: EtcdServerOptions = {}): Promise<EtcdServer> {
  const url = givenUrl(ETCD_URL);
  if (url && !own && Object.keys(flags).length === 0) return new GivenEtcd(url);

  const program = findProgram("etcd");
  if (!program) throw missing("etcd", own ? undefined : ETCD_URL, "etcd-server", "etcd");
  const home = makeHome("etcd");
  home.folder("data");
  let args: readonly string[] = [];
  let current = 0;
  const process = new ServerProcess({
    name: "etcd",
    program,
    args: () => args,
    home,
    stopSignal: "SIGTERM",
    endSignal: "SIGKILL",
    isReady: () => isHealthy(current),
  });
  try {
    const port = await onFreePort(async (candidate) => {
      current = candidate;
      args = argsOf(home, candidate, await freePort(), flags);
      await process.start();
    });
    return new OwnEtcd(process, port, "");
  } catch (error) {
    await process.end();
    throw error;
  }
}

function argsOf(home: Home, port: number, peerPort: number, flags: NonNullable<EtcdServerOptions["flags"]>): string[] {
  const [clients, peers] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const all = {
    name: "test",
    "data-dir": join(home.directory, "data"),
    "listen-client-urls": clients,
    "advertise-client-urls": clients,
    "listen-peer-urls": peers,
    "initial-advertise-peer-urls": peers,
    "initial-cluster": `test=${peers}`,
    // A single member waits for the others before it is its own leader again: half a second is enough here.
    "heartbeat-interval": 50,
    "election-timeout": 500,
    ...flags,
  };
  return Object.entries(all).map(([name, value]) => `--${name}=${value}`);
}

class OwnEtcd extends OwnServer {
  readonly user = "";

  get url(): string {
    return `http://${this.host}:${this.port}`;
  }
}

/** Others may use it, too, so what a test writes there it has to remove. */
class GivenEtcd extends GivenServer {
  readonly url: string;

  constructor(url: URL) {
    super(`the server that ${ETCD_URL} gives`, url, 2379);
    this.url = url.href;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: "127.0.0.1", port, path: "/health", timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", reject);
  });
}
