import { setTimeout as sleep } from "node:timers/promises";
import { type FaultKind, type Scene } from "./harness.js";

/** Faults of the line. They are made by a proxy, so that many can be had at once in front of one server. */
export const lineFaults: readonly FaultKind[] = [
  { name: "RST", begin: ({ proxy }) => proxy.reset(), costsAtMost: 5 },
  { name: "FIN", begin: ({ proxy }) => proxy.fin(), costsAtMost: 5 },
  // The server is not down: every connect works, and what it opens is lent and then cut, 20 times a second.
  { name: "a storm of RST", begin: ({ proxy }) => proxy.storm(50), end: heal, connectsAtMost: 40 },
  {
    name: "half-open while busy",
    begin: ({ proxy }) => proxy.halfOpen(),
    recoversWithin: 1_500,
  },
  {
    name: "a black hole",
    begin: ({ proxy }) => proxy.blackHole(),
    end: heal,
    recoversWithin: 1_500,
    hidesClosing: true,
  },
  {
    name: "a black hole for answers",
    begin: ({ proxy }) => proxy.blackHole({ direction: "downstream" }),
    end: heal,
    recoversWithin: 1_500,
    hidesClosing: true,
  },
  { name: "bytes that come late", begin: ({ proxy }) => proxy.stall(), end: heal, hidesClosing: true },
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
    name: "refused connects while old connections live",
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
      proxy.latency(10, { on: "new" }); // some 120 ms until one stands
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
  { name: "frozen", begin: ({ server }) => server.freeze(), end: ({ server }) => server.thaw(), hidesClosing: true },
  {
    name: "every backend terminated",
    begin: ({ server, application }) =>
      server.sql(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${application}'`),
    costsAtMost: 5,
  },
];

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
