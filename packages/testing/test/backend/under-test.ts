import { randomBytes } from "node:crypto";
import { defineConnector, type Connector, type SqlClient } from "@pool/core";
import type { AdapterUnderTest } from "../../src/index.js";
import { partsOf, specOf, type LoopbackOptions, type Parts } from "./loopback.js";
import { SqlServer } from "./server.js";
import type { Wire } from "./wire.js";

export type LoopbackConnector = Connector<SqlClient<Wire>>;

/** What one adapter differs in from the correct one. */
export interface Change {
  parts?(good: Parts): Parts;
  connector?(good: Parts): LoopbackConnector;
}

export interface UnderTest {
  readonly adapter: AdapterUnderTest<Wire, SqlClient<Wire>>;
  stop(): Promise<void>;
}

// Events are told to the whole process, so adapters that are tested side by side need passwords of their own.
const newPassword = (): string => `c0rrect h0rse/b@ttery ${randomBytes(6).toString("hex")}`;

/** The loopback adapter with a change, on a server of its own. */
export async function underTest(change: Change = {}, patience = 5_000): Promise<UnderTest> {
  const [password, otherPassword] = [newPassword(), newPassword()];
  const server = await SqlServer.start(password);
  const absent = await SqlServer.start(password);
  await absent.halt();
  const parts = (options: Partial<LoopbackOptions> = {}): Parts => {
    const good = partsOf({ port: server.port, password, ...options });
    return change.parts?.(good) ?? good;
  };
  const connector = (options?: Partial<LoopbackOptions>): LoopbackConnector => {
    const made = parts(options);
    return change.connector?.(made) ?? defineConnector(specOf(made));
  };
  const adapter: AdapterUnderTest<Wire, SqlClient<Wire>> = {
    factory: () => parts(),
    connector: () => connector(),
    badConnector: () => connector({ port: absent.port }),
    async repair() {
      await absent.listen();
      return () => absent.halt();
    },
    otherCredentials: () => connector({ password: otherPassword }),
    openCount: () => server.openCount,
    breakResource: (wire) => server.kill(wire.session),
    async outage() {
      await server.halt();
      return () => server.listen();
    },
    tellsLoss: true,
    sessionState: {
      "a temporary table": {
        leave: (wire: Wire) => parts().driver.query(wire, "create temp table mine (id integer)", [], {}),
        isThere: async (wire: Wire) => {
          const { rows } = await wire.ask({ op: "query", text: "select name from sqlite_temp_master", values: [] });
          return rows?.length === 1;
        },
      },
    },
    sql: { slow: "sleep 60000" },
    secrets: [password, otherPassword],
    patience,
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    await absent.stop();
  };
  return { adapter, stop };
}
