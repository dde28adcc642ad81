import { resolve } from "node:path";
import { createPool, createSqlClient, holdOf, type Pool, PoolError, type PoolOptions } from "@pool/core";
import { backUpTo } from "./backup.js";
import { makeBatch } from "./batch.js";
import { Checkpointer } from "./checkpoint.js";
import { type SqliteClient, type SqlitePools } from "./client.js";
import { sqliteDriver } from "./driver.js";
import { sqliteErrorOf, type Place } from "./errors.js";
import { leasedDatabase } from "./facade/database.js";
import { checkFile } from "./files.js";
import { FileGuard } from "./file-guard.js";
import { processFactory, threadFactory } from "./handle/factories.js";
import { type SqliteHandle } from "./handle/handle.js";
import { type OpenSpec } from "./helper/protocol.js";
import { Lane } from "./lane/lane.js";
import { makeMemoryFile, type MemoryFile } from "./memory.js";
import { assertNodeVersion } from "./node-version.js";
import { pragmasOf, type ResolvedSqliteOptions } from "./options.js";
import { InThreadReader } from "./read/in-thread.js";
import { Router } from "./read/router.js";

// A process that nobody needs any more is closed soon: each takes some 45 MB.
const IDLE_PROCESS_MS = 60_000;

/** Everything behind one client, from its opening to its end. */
export interface OpenedDatabase {
  readonly client: SqliteClient;
  /** Rejects when the file cannot be read, or the writer cannot be opened. Waits for nobody. */
  check(): Promise<Readonly<Record<string, unknown>>>;
  close(timeout: number): Promise<void>;
}

/** Opens a database as `options` say. Rejects with the reason, and leaves nothing open. */
export async function openSqlite(
  name: string,
  options: ResolvedSqliteOptions,
  signal: AbortSignal,
): Promise<OpenedDatabase> {
  assertNodeVersion();
  const memory = options.file === ":memory:" ? makeMemoryFile(options.memoryFolder) : undefined;
  const place: Place = { name, file: memory?.file ?? resolve(options.file) };
  const opened: Pool<SqliteHandle>[] = [];
  try {
    await checkFile(place, options);
    return await assemble(place, options, memory, opened, signal);
  } catch (error) {
    await Promise.all(opened.map((pool) => pool.close({ timeout: 0 })));
    memory?.remove();
    throw error;
  }
}

async function assemble(
  place: Place,
  options: ResolvedSqliteOptions,
  memory: MemoryFile | undefined,
  opened: Pool<SqliteHandle>[],
  signal: AbortSignal,
): Promise<OpenedDatabase> {
  const spec = specOf(place, options);
  const hooks = { forget: (): void => {}, answered: (): void => {} };
  const onSchemaChange = (): void => hooks.forget();
  const pool = (
    part: string,
    made: Parameters<typeof createPool<SqliteHandle>>[0],
    more: PoolOptions,
  ): Pool<SqliteHandle> => {
    const created = createPool(made, { ...poolOptionsOf(options), ...more, name: `${place.name}:${part}` });
    opened.push(created);
    return created;
  };

  // Only the first writer makes the file: a file that vanishes later is an accident, and an empty one in its place would hide it.
  let mayCreate = options.create && !options.readonly;
  const writerFactory = processFactory("writer", {
    place,
    spec: {
      ...spec,
      get create() {
        return mayCreate;
      },
    },
    onSchemaChange,
    onReplies: () => hooks.answered(),
  });
  const writer = pool("writer", writerFactory, { maxSize: 1, minIdle: 1 });
  await writer.warm(1, { signal });
  mayCreate = false;

  const threads = pool("threads", threadFactory({ place, spec }), {
    maxSize: options.readers,
    minIdle: options.readers,
  });
  const processes = pool("processes", processFactory("reader", { place, spec }), {
    maxSize: options.readers,
    idleTimeout: IDLE_PROCESS_MS,
  });
  await threads.warm(options.readers, { signal });
  return connect(place, options, spec, { writer, threads, processes }, memory, hooks);
}

function connect(
  place: Place,
  options: ResolvedSqliteOptions,
  spec: Omit<OpenSpec, "role">,
  pools: SqlitePools,
  memory: MemoryFile | undefined,
  hooks: { forget: () => void; answered: () => void },
): OpenedDatabase {
  const { writer, threads, processes } = pools;
  const { acquireTimeout, queryTimeout, maxQueued, readers } = options;
  const reader = new InThreadReader(place, spec);
  const checkpointer = new Checkpointer({ file: place.file, writer, limit: options.walLimit });
  const limits = { acquireTimeout, queryTimeout, maxQueued };
  const processLane = new Lane({ ...limits, pool: processes, size: readers, writes: false });
  const threadLane = new Lane({
    ...limits,
    pool: threads,
    size: readers,
    writes: false,
    overflow: processLane,
    maxAlone: Math.max(1, readers - 1),
  });
  const writerLane = new Lane({ ...limits, pool: writer, size: 1, writes: true });
  const router = new Router({
    place,
    reader,
    threads: threadLane,
    processes: processLane,
    writer: writerLane,
    queryTimeout,
    planCache: options.statementCache,
    assertNotHeld: () => assertNotHeld(writer, options),
  });
  hooks.forget = () => router.forget();
  hooks.answered = () => checkpointer.arm();
  const guard = new FileGuard(place.file, reader, { forget: () => router.forget(), evict: () => evictAll(pools) });

  const sql = createSqlClient({ pool: writer, readPool: processes, driver: sqliteDriver, queryTimeout });
  const client: SqliteClient = {
    ...sql,
    batch: makeBatch(sql, router),
    pools,
    file: place.file,
    query: (text, values, queryOptions) => router.query(text, values, queryOptions),
    backup: (target, backupOptions) => backUpTo(place, spec, target, backupOptions),
    database: (acquire = {}) => leasedDatabase(place, spec, writer, acquire, () => checkpointer.arm()),
  };
  return {
    client,
    async check() {
      const lastError = writer.stats.lastError;
      if (lastError !== undefined) throw sqliteErrorOf(place, lastError);
      return { ...reader.check(), walBytes: await checkpointer.size() };
    },
    async close(timeout) {
      router.close(new PoolError("POOL_CLOSED", `sqlite ${JSON.stringify(place.name)} is closed`));
      guard.close();
      const deadline = performance.now() + timeout;
      await within(timeout, Promise.all([writerLane.idle(), threadLane.idle(), processLane.idle()]));
      const left = { timeout: Math.max(0, deadline - performance.now()) };
      checkpointer.close();
      // The writer last: the last connection to close moves the log into the file.
      await Promise.all([threads.close(left), processes.close(left)]);
      reader.close();
      await writer.close({ timeout: Math.max(0, deadline - performance.now()) });
      memory?.remove();
    },
  };
}

function specOf({ file }: Place, options: ResolvedSqliteOptions): Omit<OpenSpec, "role"> {
  return {
    file,
    create: false,
    readonly: options.readonly,
    pragmas: pragmasOf(options),
    bigint: options.integers === "bigint",
    busyTimeout: options.busyTimeout,
    statementCache: options.statementCache,
  };
}

function poolOptionsOf(options: ResolvedSqliteOptions): PoolOptions {
  const { acquireTimeout, connectTimeout, drainTimeout, maxWaiting, maxLifetime, leakAfter, selfDeadlock, stacks } =
    options;
  return {
    acquireTimeout,
    connectTimeout,
    drainTimeout,
    maxWaiting,
    maxLifetime,
    leakAfter,
    selfDeadlock,
    stacks,
    idleTimeout: Infinity,
  };
}

/** A write on the client, called inside a transaction, would wait for the writer that this transaction holds. */
function assertNotHeld(writer: Pool<SqliteHandle>, { selfDeadlock }: ResolvedSqliteOptions): void {
  if (selfDeadlock === "off" || holdOf(writer)?.lease?.active !== true) return;
  const message = `pool ${JSON.stringify(writer.name)}: client.query() was called with a write inside a session or transaction that holds the only writer; use the session's or the transaction's own query()`;
  throw new PoolError("SELF_DEADLOCK", message, { details: { pool: writer.name, holders: writer.holders() } });
}

function evictAll({ writer, threads, processes }: SqlitePools): void {
  for (const pool of [writer, threads, processes]) pool.evict("the database file was removed or replaced");
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve: over } = Promise.withResolvers<undefined>();
  const timer = setTimeout(over, Math.min(ms, 2 ** 31 - 1), undefined);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
