import { Places, type RedisServer, startRedis } from "@pool/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { underFault } from "./harness.js";
import { lineFaults } from "./kinds.js";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis({ own: true });
});
afterAll(() => server[Symbol.asyncDispose]());

// Four side by side, each behind a proxy of its own: two cores carry no more.
const places = new Places(4);
describe.concurrent("a fault of the line stays within its goals", { timeout: 90_000 }, () => {
  for (const fault of lineFaults)
    it(fault.name, async () => {
      await places.take(() => underFault(server, fault, { lasts: 1_200, rate: 50 }));
    });
});
