import { freePort, onFreePort } from "../free-port.js";
import { givenUrl } from "../given-url.js";
import { makeHome } from "../home.js";
import { randomPassword } from "../password.js";
import { findProgram, missing } from "../programs.js";
import { ServerProcess } from "../server-process.js";
import { callGateway, type Gateway, isHealthy } from "./gateway.js";
import { argsOf, GivenEtcd, OwnEtcd } from "./member.js";
import type { EtcdServer, EtcdServerOptions } from "./options.js";
import { createTls } from "./tls.js";

const ETCD_URL = "POOL_TEST_ETCD_URL";

/**
 * An etcd for a test, on loopback. Tried in this order: the server that POOL_TEST_ETCD_URL gives (unless options ask for one of one's own);
 * `etcd` on this machine.
 *
 * @throws Error that names the command to run when there is no etcd
 */
export async function startEtcd(options: EtcdServerOptions = {}): Promise<EtcdServer> {
  const { flags = {}, own = false, auth = false, tls = false } = options;
  const url = givenUrl(ETCD_URL);
  const isPlain = !own && !auth && tls === false && Object.keys(flags).length === 0;
  if (url && isPlain) return new GivenEtcd(ETCD_URL, url);

  const program = etcdProgram(isPlain);
  const home = makeHome("etcd");
  home.folder("data");
  const secured = tls === false ? undefined : await createTls(home, tls);
  let args: readonly string[] = [];
  let gateway: Gateway = { port: 0 };
  const process = new ServerProcess({
    name: "etcd",
    program,
    args: () => args,
    home,
    stopSignal: "SIGTERM",
    endSignal: "SIGKILL",
    isReady: () => isHealthy(gateway),
  });
  try {
    await onFreePort(async (port) => {
      gateway = { port, tls: secured?.client };
      args = argsOf({ name: "test", home, port, peerPort: await freePort(), tls: secured?.args }, flags);
      await process.start();
    });
    const password = auth ? randomPassword() : undefined;
    if (password !== undefined) await turnLoginsOn(gateway, password);
    return new OwnEtcd(process, { gateway, password, tls: secured?.tls });
  } catch (error) {
    await process.end();
    throw error;
  }
}

/** @throws Error that names the command to run when there is none */
export function etcdProgram(mayBeGiven: boolean): string {
  const program = findProgram("etcd");
  if (!program) throw missing("etcd", mayBeGiven ? ETCD_URL : undefined, "etcd-server", "etcd");
  return program;
}

async function turnLoginsOn(gateway: Gateway, password: string): Promise<void> {
  await callGateway(gateway, "auth/user/add", { name: "root", password });
  await callGateway(gateway, "auth/user/grant", { user: "root", role: "root" });
  await callGateway(gateway, "auth/enable", {});
}
