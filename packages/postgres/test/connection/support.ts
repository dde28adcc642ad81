import { once } from "node:events";
import { connect } from "node:net";
import { type PostgresServer, seedOfRun, sharedPostgres } from "@pool/testing";
import pg from "pg";
import { type Dialled } from "../../src/connect/dialled.js";
import { type ConnectionOptions } from "../../src/connection/connection-options.js";
import { PostgresConnection } from "../../src/connection/connection.js";

export const OPTIONS: ConnectionOptions = { cancelTimeout: 5_000, statementCache: 100 };

/** A database of its own for one test file. */
export async function database(): Promise<PostgresServer> {
  return await sharedPostgres();
}

/** A connection as the dialer would make it, without TLS. */
export async function open(url: string, options: Partial<ConnectionOptions> = {}): Promise<PostgresConnection> {
  return new PostgresConnection(await dial(url), { ...OPTIONS, ...options });
}

export async function dial(url: string): Promise<Dialled> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  const { host, port } = client;
  const keys = client as unknown as { readonly processID: number; readonly secretKey: number };
  return {
    client,
    at: { host, port, ip: undefined },
    isEncrypted: false,
    reported: () => undefined,
    isReadOnly: undefined,
    isStandby: undefined,
    cancel: async (signal) => await sendCancel(host, port, keys, signal),
    destroy: () => void client.connection.stream.destroy(),
  };
}

async function sendCancel(
  host: string,
  port: number,
  { processID, secretKey }: { readonly processID: number; readonly secretKey: number },
  signal: AbortSignal,
): Promise<void> {
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  const message = Buffer.alloc(16);
  [16, 80_877_102, processID, secretKey].forEach((word, index) => message.writeInt32BE(word, index * 4));
  socket.write(message);
  socket.resume();
  try {
    await once(socket, "close", { signal });
  } finally {
    socket.destroy();
  }
}

/** What pg's own client answers on a connection of its own, in the shape of ours. */
export async function reference(url: string): Promise<{ client: pg.Client; end: () => Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return { client, end: async () => await client.end() };
}

export function seedOf(name: string): number {
  const seed = seedOfRun();
  process.stdout.write(`${name}: POOL_TEST_SEED=${seed}\n`);
  return seed;
}

/** The types of the messages sent from now on, one string per write to the socket: `["PBDES", "Q"]`. */
export function recordWrites(connection: PostgresConnection): string[] {
  return recordWritesOf(connection.client);
}

export function recordWritesOf(client: pg.Client): string[] {
  const { stream } = client.connection;
  const writes: string[] = [];
  const write = stream.write.bind(stream) as (chunk: Buffer) => boolean;
  stream.write = ((chunk: Buffer) => {
    let types = "";
    for (let at = 0; at < chunk.length; at += 1 + chunk.readInt32BE(at + 1)) types += String.fromCharCode(chunk[at]!);
    writes.push(types);
    return write(chunk);
  }) as typeof stream.write;
  return writes;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
