import { startEtcd, startEtcdCluster } from "@pool/testing";
import { describe, it } from "vitest";
import { underFault } from "./harness.js";
import { clusterFaults, serverFaults } from "./kinds.js";

describe("a fault of the server stays within its goals", { timeout: 90_000 }, () => {
  // The rest is for the long run.
  for (const fault of serverFaults.filter(({ name }) => name !== "an orderly restart"))
    it.concurrent(fault.name, async () => {
      await using server = await startEtcd({ own: true });
      await underFault({ server }, fault, { lasts: 1_200, rate: 30 });
    });

  for (const fault of clusterFaults.filter(({ name }) => name === "the leader killed"))
    it(`${fault.name}, in a cluster of three`, async () => {
      await using cluster = await startEtcdCluster();
      await underFault({ server: cluster.members[0]!, cluster }, fault, { lasts: 0, rate: 30 });
    });
});
