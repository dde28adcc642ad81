import { startPostgres } from "@pool/testing";
import { describe, it } from "vitest";
import { underFault } from "./harness.js";
import { serverFaults } from "./kinds.js";
import { Ledger } from "./ledger.js";

// Side by side, each with a server of its own.
describe.concurrent("a fault of the server stays within its goals", { timeout: 60_000 }, () => {
  for (const fault of serverFaults)
    it(fault.name, async () => {
      await using server = await startPostgres({ own: true });
      await underFault(await Ledger.create(server), fault, { lasts: 1_200, rate: 30 });
    });
});
