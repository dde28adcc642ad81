import { type EtcdServer, startEtcd } from "@pool/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type FaultKind, underFault } from "./harness.js";
import { lineFaults } from "./kinds.js";

let server: EtcdServer;
beforeAll(async () => {
  server = await startEtcd({ own: true });
});
afterAll(() => server[Symbol.asyncDispose]());

// The rest is for the long run.
const SHORT = ["RST", "a black hole", "accepts, and then says nothing", "refused connects with nothing open"];
const isShort = ({ name }: FaultKind): boolean => SHORT.includes(name);

describe.concurrent("a fault of the line stays within its goals", { timeout: 90_000 }, () => {
  for (const fault of lineFaults.filter(isShort))
    it(fault.name, () => underFault({ server }, fault, { lasts: 1_200, rate: 30 }));
});
