import { setTimeout as sleep } from "node:timers/promises";
import { type FaultKind, type Scene } from "./harness.js";

/** Faults of the line, made by a proxy. One connection carries all calls, so that each costs what was under way on it. */
export const lineFaults: readonly FaultKind[] = [
  { name: "RST", begin: ({ proxy }) => proxy.reset(), costsAtMost: 5 },
  { name: "FIN", begin: ({ proxy }) => proxy.fin(), costsAtMost: 5 },
  // The server is not down: every connect works, and is then cut, 20 times a second.
  { name: "a storm of RST", begin: ({ proxy }) => proxy.storm(50), end: heal, connectsAtMost: 40 },
  { name: "half-open while busy", begin: ({ proxy }) => proxy.halfOpen(), recoversWithin: 1_500 },
  { name: "a black hole", begin: ({ proxy }) => proxy.blackHole(), end: heal, recoversWithin: 1_500 },
  {
    name: "a black hole for answers",
    begin: ({ proxy }) => proxy.blackHole({ direction: "downstream" }),
    end: heal,
    recoversWithin: 1_500,
  },
  { name: "bytes that come late", begin: ({ proxy }) => proxy.stall(), end: heal },
  {
    name: "a truncated reply",
    begin: ({ proxy }) => proxy.limitData(30, { on: "existing" }),
    end: heal,
    recoversWithin: 1_500,
    costsAtMost: 5,
  },
  {
    name: "a reply truncated by RST",
    begin: ({ proxy }) => proxy.limitData(7, { on: "existing", cut: "reset" }),
    end: heal,
    recoversWithin: 1_500,
    costsAtMost: 5,
  },
  {
    name: "refused connects while the old connection lives",
    begin: ({ proxy }) => proxy.refuse(),
    end: heal,
    costsAtMost: 0,
  },
  {
    name: "refused connects with nothing open",
    async begin({ proxy }) {
      await proxy.refuse();
      proxy.reset();
    },
    end: heal,
  },
  {
    name: "accepts, and then says nothing",
    begin({ proxy }) {
      proxy.hang();
      proxy.reset();
    },
    end: heal,
  },
  {
    name: "slow connects",
    begin({ proxy }) {
      proxy.latency(10, { on: "new" });
      proxy.reset();
    },
    end: heal,
    costsAtMost: 5,
  },
  { name: "latency", begin: ({ proxy }) => proxy.latency(10, { jitter: 5 }), end: heal, costsAtMost: 0 },
  { name: "flapping", begin: flap, end: heal },
];

/** Faults of the server, which has to be the test's own. */
export const serverFaults: readonly FaultKind[] = [
  { name: "kill -9", begin: ({ server }) => server.kill(), end: ({ server }) => server.start() },
  { name: "an orderly restart", begin: ({ server }) => server.stop(), end: ({ server }) => server.start() },
  { name: "frozen", begin: ({ server }) => server.freeze(), end: ({ server }) => server.thaw() },
];

/** Faults of a cluster. They end when the others have a leader, or have one again. */
export const clusterFaults: readonly FaultKind[] = [
  { name: "the leader killed", begin: withLeader((leader) => leader.kill()) },
  { name: "the leader stopped in order", begin: withLeader((leader) => leader.stop()) },
  { name: "the leader frozen", begin: withLeader((leader) => leader.freeze()), recoversWithin: 2_000 },
  {
    name: "no majority",
    async begin({ cluster }) {
      await Promise.all(cluster?.members.slice(1).map((member) => member.kill()) ?? []);
    },
    async end({ cluster }) {
      await Promise.all(cluster?.members.map((member) => member.start()) ?? []);
      await cluster?.leader();
    },
  },
];

function withLeader(work: (leader: Scene["server"]) => Promise<void>): FaultKind["begin"] {
  return async ({ cluster }) => {
    const leader = await cluster?.leader();
    if (leader === undefined || cluster === undefined) throw new Error("this fault is for a cluster");
    await work(leader);
    for (;;) {
      const next = await cluster.leader();
      if (next !== leader) return;
      await sleep(20);
    }
  };
}

async function heal({ proxy }: Scene): Promise<void> {
  await proxy.heal();
}

async function flap({ proxy }: Scene): Promise<void> {
  for (let times = 0; times < 4; times++) {
    await proxy.refuse();
    proxy.reset();
    await sleep(150);
    await proxy.heal();
    await sleep(150);
  }
}
