import { describeAdapter } from "@pool/testing";
import { leasedFactory } from "../src/factory.js";
import { type LeasedRedis, redis } from "../src/index.js";
import { readRedisOptions } from "../src/resolved-options.js";
import { ownServer } from "./support.js";

/** The contract of adapters, on a server of its own. By RESP2 a connection that listens to channels can do nothing else, so it is left out there. */
export async function describeContract(name: string, protocol: 2 | 3): Promise<void> {
  const { server, admin } = await ownServer();
  await admin.redis.acl("SETUSER", "other", "on", ">another secret", "~*", "&*", "+@all");

  const { url, port, host, password } = server;
  const { driver, credentials } = readRedisOptions({ url });
  const home = { where: "contract", readOnly: () => undefined };

  describeAdapter(name, {
    factory: () => ({ factory: leasedFactory({ driver, credentials, home, commandTimeout: 2_000 }) }),
    connector: () => redis({ url }),
    badConnector: () => redis({ host, port: 1, password }),
    otherCredentials: () => redis({ host, port, user: "other", password: "another secret" }),
    secrets: [password, "another secret"],
    openCount: () => admin.count(),
    breakResource: async (connection: LeasedRedis) => {
      await admin.redis.client("KILL", "ID", (await connection.serverId) ?? 0);
    },
    async outage() {
      await server.stop();
      return () => server.start();
    },
    openTransaction: (connection: LeasedRedis) => connection.multi({ pipeline: false }),
    sessionState: {
      "another database": left(
        (connection) => connection.select(3),
        (client) => client.get("db") === "3",
      ),
      "a watched key": left(
        (connection) => connection.watch("watched"),
        (client) => client.get("flags")?.includes("d") === true, // what it watches has changed
      ),
      ...(protocol === 3 && {
        "a channel": left(
          (connection) => connection.subscribe("news"),
          (client) => client.get("sub") !== "0",
        ),
        "a pattern": left(
          (connection) => connection.psubscribe("news.*"),
          (client) => client.get("psub") !== "0",
        ),
      }),
    },
  });

  /** Left by what the connection is told, and looked for in what the server says of its clients. */
  function left(
    leave: (connection: LeasedRedis) => unknown,
    isThere: (client: ReadonlyMap<string, string>) => boolean,
  ) {
    return {
      leave,
      async isThere(connection: LeasedRedis): Promise<boolean> {
        const id = String(await connection.serverId);
        await admin.redis.incr("watched");
        const client = (await admin.clients()).find((each) => each.get("id") === id);
        if (client === undefined) throw new Error("the connection is not there any more");
        return isThere(client);
      },
    };
  }
}
