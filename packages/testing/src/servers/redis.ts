import { connect } from "node:net";
import { join } from "node:path";
import { freePort, onFreePort } from "./free-port.js";
import { GivenServer } from "./given-server.js";
import { givenUrl } from "./given-url.js";
import { makeHome } from "./home.js";
import { OwnServer } from "./own-server.js";
import { randomPassword } from "./password.js";
import { findProgram, missing } from "./programs.js";
import { createRedisTls, type RedisTls } from "./redis-tls.js";
import { ServerProcess } from "./server-process.js";
import type { TestServer } from "./server.js";

export interface RedisServerOptions {
  /** Lines of redis.conf, such as `{ maxmemory: "16mb", appendonly: "yes" }`. Default: everything in memory, nothing kept. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Never use the server that POOL_TEST_REDIS_URL names, since this one is to be stopped, killed or frozen. @default false */
  readonly own?: boolean;
  /** Speaks TLS as well, on a port of its own: see {@link RedisServer.tls}. @default false */
  readonly tls?: boolean;
  /** Starts as a replica of this one, with its password. */
  readonly replicaOf?: Pick<RedisServer, "host" | "port" | "password">;
}

export interface RedisServer extends TestServer {
  /** The path of its Unix socket; `undefined` for a server that was given by its URL. */
  readonly socketPath: string | undefined;
  /** With the option `tls`. */
  readonly tls: RedisTls | undefined;
}

const REDIS_URL = "POOL_TEST_REDIS_URL";

/**
 * A Redis for a test, on loopback and on a Unix socket, with a random password. Tried in this order: the server that POOL_TEST_REDIS_URL
 * gives (unless options ask for one of one's own); `redis-server` or `valkey-server` on this machine.
 *
 * @throws Error that names the command to run when there is no Redis
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { settings = {}, own = false, tls = false, replicaOf } = options;
  const url = givenUrl(REDIS_URL);
  const isSpecial = own || tls || replicaOf !== undefined || Object.keys(settings).length > 0;
  if (url && !isSpecial) return new GivenRedis(url);

  const program = findProgram("redis-server") ?? findProgram("valkey-server");
  if (!program) throw missing("Redis", isSpecial ? undefined : REDIS_URL, "redis-server", "redis");
  const home = makeHome("redis");
  const password = replicaOf?.password ?? randomPassword();
  const socketPath = join(home.directory, "redis.sock");
  const config = join(home.directory, "redis.conf");
  let current = 0;
  const process = new ServerProcess({
    name: "Redis",
    program,
    args: () => [config],
    home,
    stopSignal: "SIGTERM",
    endSignal: "SIGKILL",
    isReady: () => answersPing(current, password),
  });
  try {
    const secured = tls ? await createRedisTls(home, await freePort()) : undefined;
    const following = replicaOf && { replicaof: `${replicaOf.host} ${replicaOf.port}` };
    const port = await onFreePort(async (candidate) => {
      current = candidate;
      const basics = {
        port: candidate,
        bind: "127.0.0.1",
        unixsocket: socketPath,
        dir: home.directory,
        daemonize: "no",
      };
      // One that has been a master may become a replica.
      const login = { requirepass: password, masterauth: password };
      const all = { ...basics, ...login, save: '""', ...secured?.settings, ...following, ...settings };
      const lines = Object.entries(all);
      home.write("redis.conf", lines.map(([name, value]) => `${name} ${value}\n`).join(""));
      await process.start();
    });
    return new OwnRedis(process, port, password, socketPath, (server) => secured?.of(server));
  } catch (error) {
    await process.end();
    throw error;
  }
}

class OwnRedis extends OwnServer implements RedisServer {
  readonly user = "default";
  readonly url: string;
  readonly socketPath: string;
  readonly tls: RedisTls | undefined;

  constructor(
    process: ServerProcess,
    port: number,
    password: string,
    socketPath: string,
    tlsOf: (server: OwnRedis) => RedisTls | undefined,
  ) {
    super(process, port, password);
    this.url = `redis://${this.user}:${password}@${this.host}:${port}`;
    this.socketPath = socketPath;
    this.tls = tlsOf(this);
  }
}

/** Others may use it, too, so what a test writes there it has to remove. */
class GivenRedis extends GivenServer implements RedisServer {
  readonly url: string;
  readonly socketPath = undefined;
  readonly tls = undefined;

  constructor(url: URL) {
    super(`the server that ${REDIS_URL} gives`, url, 6379);
    this.url = url.href;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A frozen or loading server does not say PONG. */
export function answersPing(port: number, password: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    let answer = "";
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on("error", reject);
    socket.on("close", () => resolve(answer.includes("+PONG")));
    socket.on("data", (chunk) => {
      answer += chunk.toString();
      if (/\+PONG|-LOADING/.test(answer)) socket.end();
    });
  });
}
