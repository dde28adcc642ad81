import { Places, type PostgresServer, startPostgres } from "@pool/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { underFault } from "./harness.js";
import { lineFaults } from "./kinds.js";
import { Ledger } from "./ledger.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ own: true });
});
afterAll(() => server[Symbol.asyncDispose]());

// Three side by side, each with a proxy and a database of its own, at half the rate of the long run: two cores carry no more.
const places = new Places(3);
describe.concurrent("a fault of the line stays within its goals", { timeout: 90_000 }, () => {
  for (const fault of lineFaults)
    it(fault.name, async () => {
      await places.take(async () => {
        await underFault(await Ledger.create(server), fault, { lasts: 1_200, rate: 30 });
      });
    });
});
