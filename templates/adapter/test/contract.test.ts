import { describeAdapter } from "@pool/testing";
import { afterAll, beforeAll } from "vitest";
import { sample, sampleFactory, type SampleConnection } from "../src/index.js";
import { startServer, type SampleServer } from "./server.js";

const host = "127.0.0.1";
const password = "p@ss word";
const other = "an0ther w/ord";
let server: SampleServer;
beforeAll(async () => void (server = await startServer(password)));
afterAll(() => server.stop());

describeAdapter("sample", {
  factory: () => ({ factory: sampleFactory({ host, port: server.port, password }) }),
  connector: () => sample({ port: server.port, password }),
  badConnector: () => sample({ port: 1, password }),
  otherCredentials: () => sample({ port: server.port, password: other }),
  secrets: [password, other],
  openCount: () => server.openCount,
  breakResource: () => server.cut(),
  async outage() {
    await server.stop();
    return async () => void (server = await startServer(password, server.port));
  },
  sessionState: {
    "another space": {
      leave: (connection: SampleConnection) => connection.ask("USE", "other"),
      isThere: async (connection: SampleConnection) => (await connection.ask("PING")) !== "PONG default",
    },
  },
});
