import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { givenUrl } from "./given-url.js";
import { POSTGRES_URL, useGivenPostgres } from "./postgres/given-postgres.js";
import type { PostgresServer } from "./postgres/options.js";
import { startPostgres } from "./postgres/start.js";

// Set by shareServers for the processes that it is for: the Unix socket to ask at.
const SHARED = "POOL_TEST_SHARED_SERVERS";
const WHAT = "the server that tests share";

interface Shared {
  readonly url: string;
  readonly socketDirectory: string | undefined;
}

let inThisProcess: Promise<PostgresServer> | undefined;

/**
 * A database of its own on a PostgreSQL that all test files of a run share, since starting one takes a second: `url` is that database's,
 * and `createDatabase()` makes more. Disposing of it drops them. The server starts when the first one asks, and goes with the process that
 * called {@link shareServers}, or with this one if none did. It can be neither stopped nor killed nor frozen: {@link startPostgres} is for that.
 */
export async function sharedPostgres(): Promise<PostgresServer> {
  const given = givenUrl(POSTGRES_URL);
  if (given) return useGivenPostgres(given);
  const socketPath = process.env[SHARED];
  const { url, socketDirectory } = await (socketPath ? ask(socketPath) : start());
  return useGivenPostgres(new URL(url), WHAT, socketDirectory);
}

/**
 * Lets this process and those that it starts from now on share one server of each kind: for the setup of a whole test run (vitest's
 * `globalSetup`). Nothing starts before the first test asks for it. Disposing of it ends what was started.
 */
export async function shareServers(): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "pool-shared-")); // nobody else can enter it, since the answer holds a password
  const before = process.env[SHARED];
  const socketPath = join(folder, "socket");
  const desk = createServer((_request, response) => {
    start().then(
      ({ url, socketDirectory }) => response.end(JSON.stringify({ url, socketDirectory })),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  desk.listen(socketPath);
  await once(desk, "listening");
  desk.unref();
  process.env[SHARED] = socketPath;
  return {
    async [Symbol.asyncDispose]() {
      if (before === undefined) Reflect.deleteProperty(process.env, SHARED);
      else process.env[SHARED] = before;
      desk.closeAllConnections();
      desk.close();
      await rm(folder, { recursive: true, force: true });
      const server = inThisProcess;
      inThisProcess = undefined;
      await (await server?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

function start(): Promise<Shared> {
  inThisProcess ??= startPostgres({ own: true, settings: { max_connections: 200 } }).catch((error: unknown) => {
    inThisProcess = undefined;
    throw error;
  });
  return inThisProcess;
}

async function ask(socketPath: string): Promise<Shared> {
  const asked = request({ socketPath, method: "POST", path: "/postgres" }).end();
  const [response] = (await once(asked, "response")) as [AsyncIterable<Buffer> & { statusCode?: number }];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (response.statusCode !== 200) throw new Error(text);
  return JSON.parse(text) as Shared; // what shareServers has written
}
