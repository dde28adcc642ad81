import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port.js";
import { makeHome } from "../home.js";
import { ServerProcess } from "../server-process.js";
import { isHealthy } from "./gateway.js";
import { argsOf, OwnEtcd, type Seat } from "./member.js";
import type { EtcdCluster, EtcdClusterOptions, EtcdServer } from "./options.js";
import { etcdProgram } from "./start.js";

const LEADER_PATIENCE = 30_000;

/**
 * Several members on loopback, each a process of its own. `start` of one member waits until it knows a leader: where the majority was
 * stopped, start them at the same time.
 *
 * @throws Error that names the command to run when there is no etcd
 */
export async function startEtcdCluster({ size = 3, flags = {} }: EtcdClusterOptions = {}): Promise<EtcdCluster> {
  const program = etcdProgram(false);
  const seats: Seat[] = [];
  for (let at = 0; at < size; at++) {
    const home = makeHome("etcd");
    home.folder("data");
    seats.push({ name: `member-${at}`, home, port: await freePort(), peerPort: await freePort() });
  }
  const cluster = seats.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`).join(",");
  const processes = seats.map(
    (seat) =>
      new ServerProcess({
        name: `etcd ${seat.name}`,
        program,
        args: () => argsOf({ ...seat, cluster }, flags),
        home: seat.home,
        stopSignal: "SIGTERM",
        endSignal: "SIGKILL",
        isReady: () => isHealthy({ port: seat.port }),
      }),
  );
  const end = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.end()));
  };
  try {
    await Promise.all(processes.map((process) => process.start()));
  } catch (error) {
    await end();
    throw error;
  }
  const members = processes.map((process, at) => new OwnEtcd(process, { gateway: { port: seats[at]?.port ?? 0 } }));
  return {
    members,
    urls: members.map(({ url }) => url),
    leader: () => leaderOf(members),
    [Symbol.asyncDispose]: end,
  };
}

async function leaderOf(members: readonly EtcdServer[]): Promise<EtcdServer> {
  const deadline = performance.now() + LEADER_PATIENCE;
  while (performance.now() < deadline) {
    for (const member of members) if (member.pid !== undefined && (await saysItLeads(member))) return member;
    await sleep(20);
  }
  throw new Error(`no member of the etcd cluster led within ${LEADER_PATIENCE} ms`);
}

/** A member that stands still says nothing, and does not lead for long. */
async function saysItLeads(member: EtcdServer): Promise<boolean> {
  try {
    const asked = member.call("maintenance/status");
    asked.catch(() => undefined);
    const reply = await Promise.race([asked, sleep(500, undefined, { ref: false })]);
    const { leader, header } = (reply ?? {}) as { leader?: unknown; header?: { member_id?: unknown } };
    return leader !== undefined && leader === header?.member_id;
  } catch {
    return false;
  }
}
