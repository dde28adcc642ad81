import { startEtcd, startEtcdCluster } from "@pool/testing";
import { describe, it } from "vitest";
import { underFault } from "./harness.js";
import { clusterFaults, lineFaults, serverFaults } from "./kinds.js";

// One after the other, each alone on the machine: short, as long as every timeout, and longer than all of them together.
describe("every kind of fault, for every length", () => {
  for (const fault of [...serverFaults, ...lineFaults])
    it.each([200, 1_000, 5_000, 15_000])(`${fault.name} for %i ms`, async (lasts) => {
      await using server = await startEtcd({ own: true });
      await underFault({ server }, fault, { lasts });
    });

  for (const fault of clusterFaults)
    it.each([0, 5_000])(`${fault.name}, in a cluster of three, and %i ms more`, async (lasts) => {
      await using cluster = await startEtcdCluster();
      await underFault({ server: cluster.members[0]!, cluster }, fault, { lasts });
    });
});
