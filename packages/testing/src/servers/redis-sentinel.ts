import { onFreePort } from "./free-port.js";
import { makeHome } from "./home.js";
import { OwnServer } from "./own-server.js";
import { randomPassword } from "./password.js";
import { findProgram, missing } from "./programs.js";
import { answersPing, type RedisServer } from "./redis.js";
import { ServerProcess } from "./server-process.js";
import type { TestServer } from "./server.js";

export interface RedisSentinelOptions {
  /** The master that it watches. Replicas are found by it, and must have the master's password. */
  readonly master: Pick<RedisServer, "host" | "port" | "password">;
  /** How it calls the master. @default "main" */
  readonly name?: string;
  /** After so long without an answer the master counts as down, in ms. @default 500 */
  readonly downAfter?: number;
}

/** One sentinel, which decides by itself. It asks for its own `password`. */
export interface RedisSentinel extends TestServer {
  /** How it calls the master. */
  readonly name: string;
}

/** A Redis Sentinel for a test, on loopback. @throws Error that names the command to run when there is no Redis */
export async function startRedisSentinel(options: RedisSentinelOptions): Promise<RedisSentinel> {
  const { master, name = "main", downAfter = 500 } = options;
  const program = findProgram("redis-server") ?? findProgram("valkey-server");
  if (!program) throw missing("Redis", undefined, "redis-server", "redis");
  const home = makeHome("sentinel");
  const password = randomPassword();
  let config = "";
  let current = 0;
  const process = new ServerProcess({
    name: "Redis Sentinel",
    program,
    args: () => [config, "--sentinel"],
    home,
    stopSignal: "SIGTERM",
    endSignal: "SIGKILL",
    isReady: () => answersPing(current, password),
  });
  try {
    const port = await onFreePort(async (candidate) => {
      current = candidate;
      const lines = [
        ...[`port ${candidate}`, "bind 127.0.0.1", `dir ${home.directory}`, `requirepass ${password}`],
        `sentinel monitor ${name} ${master.host} ${master.port} 1`,
        `sentinel auth-pass ${name} ${master.password}`,
        `sentinel down-after-milliseconds ${name} ${downAfter}`,
        `sentinel failover-timeout ${name} 3000`,
      ];
      config = home.write("sentinel.conf", `${lines.join("\n")}\n`); // it writes into it what it learns
      await process.start();
    });
    return new OwnSentinel(process, port, password, name);
  } catch (error) {
    await process.end();
    throw error;
  }
}

class OwnSentinel extends OwnServer implements RedisSentinel {
  readonly user = "default";
  readonly url: string;
  readonly name: string;

  constructor(process: ServerProcess, port: number, password: string, name: string) {
    super(process, port, password);
    this.url = `redis://${this.user}:${password}@${this.host}:${port}`;
    this.name = name;
  }
}
