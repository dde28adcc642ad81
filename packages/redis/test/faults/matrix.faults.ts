import { startRedis } from "@pool/testing";
import { describe, it } from "vitest";
import { underFault } from "./harness.js";
import { lineFaults, serverFaults } from "./kinds.js";

// What the server has acknowledged is with the operating system, which is enough when a process is killed.
const KEPT = { appendonly: "yes", appendfsync: "no" };

// One after the other, each alone on the machine: short, as long as every timeout, and longer than all of them together.
describe("every kind of fault, for every length", () => {
  for (const fault of [...serverFaults, ...lineFaults])
    it.each([200, 1_000, 5_000, 15_000])(`${fault.name} for %i ms`, async (lasts) => {
      await using server = await startRedis({ own: true, settings: fault.endsServer === true ? KEPT : {} });
      await underFault(server, fault, { lasts });
    });
});
