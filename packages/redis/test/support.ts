import { type RedisServer, type RedisServerOptions, startRedis } from "@pool/testing";
import { Redis } from "ioredis";
import { afterAll } from "vitest";
import { redis, type RedisClient, type RedisOptions } from "../src/index.js";

/** What a test file works with. */
export interface OwnServer {
  readonly server: RedisServer;
  readonly admin: Admin;
  /** Has the work done with a client of the server that is closed behind it. */
  withClient(work: (client: RedisClient) => Promise<void>, options?: RedisOptions): Promise<void>;
}

/** A server of the test file's own, which ends with it. */
export async function ownServer(options: RedisServerOptions = {}): Promise<OwnServer> {
  const server = await startRedis({ own: true, ...options });
  const admin = new Admin(server);
  afterAll(async () => {
    await admin[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return {
    server,
    admin,
    async withClient(work, given = {}) {
      await using connector = await redis({ url: server.url, ...given }).connect();
      await work(connector.client);
    },
  };
}

/** A plain client for what a test asks the server past the connector: over its Unix socket, which no fault of the line befalls. */
export class Admin implements AsyncDisposable {
  readonly redis: Redis;

  constructor({ socketPath, password }: RedisServer) {
    if (socketPath === undefined) throw new Error("the server has no socket: start one with { own: true }");
    this.redis = new Redis({ path: socketPath, password, lazyConnect: true, retryStrategy: () => 20 });
    this.redis.on("error", () => undefined); // while the server is down
  }

  /** The connections of all others, each as the fields of CLIENT LIST. */
  async clients(): Promise<readonly ReadonlyMap<string, string>[]> {
    const own = String(await this.redis.client("ID"));
    const lines = String(await this.redis.client("LIST"))
      .trim()
      .split("\n");
    const clients = lines.map(
      (line) =>
        new Map(line.split(" ").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)])),
    );
    return clients.filter((client) => client.get("id") !== own);
  }

  async count(name?: string): Promise<number> {
    return (await this.clients()).filter((client) => name === undefined || client.get("name") === name).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.disconnect();
  }
}
