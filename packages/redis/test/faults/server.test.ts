import { startRedis } from "@pool/testing";
import { describe, it } from "vitest";
import { underFault } from "./harness.js";
import { serverFaults } from "./kinds.js";

// What the server has acknowledged is with the operating system, which is enough when a process is killed.
const KEPT = { appendonly: "yes", appendfsync: "no" };

// Side by side, each with a server of its own.
describe.concurrent("a fault of the server stays within its goals", { timeout: 60_000 }, () => {
  for (const fault of serverFaults)
    it(fault.name, async () => {
      await using server = await startRedis({ own: true, settings: fault.endsServer === true ? KEPT : {} });
      await underFault(server, fault, { lasts: 2_500, rate: 50 });
    });
});
