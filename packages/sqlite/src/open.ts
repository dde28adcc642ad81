import { resolve } from "node:path";
import { createSqlClient, PoolError } from "@pool/core";
import { backUpTo } from "./backup.js";
import { makeBatch } from "./batch.js";
import { Checkpointer } from "./checkpoint.js";
import { type SqliteClient, type SqlitePools } from "./client.js";
import { sqliteDriver } from "./driver.js";
import { sqliteErrorOf, type Place } from "./errors.js";
import { leasedDatabase } from "./facade/database.js";
import { FileGuard } from "./file-guard.js";
import { checkFile } from "./files.js";
import { Dispatcher } from "./lane/dispatcher.js";
import { Lane } from "./lane/lane.js";
import { makeMemoryFile } from "./memory.js";
import { type ResolvedSqliteOptions } from "./options.js";
import { assertNotHeld, evictAll, openPools, specOf } from "./pools.js";
import { InThreadReader } from "./read/in-thread.js";
import { Router } from "./read/router.js";
import { assertDriver, assertNodeVersion } from "./runtime.js";

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
  assertDriver();
  const memory = options.file === ":memory:" ? makeMemoryFile(options.memoryFolder) : undefined;
  const place: Place = { name, file: memory?.file ?? resolve(options.file) };
  try {
    await checkFile(place, options);
    const events = { schemaChanged: (): void => {}, answered: (): void => {} };
    const pools = await openPools(place, options, events, signal);
    const parts = await assemble(place, options, pools);
    events.schemaChanged = () => parts.router.forget();
    events.answered = () => parts.checkpointer.arm();
    return {
      ...opened(place, pools, parts),
      close: (timeout) => close(place, pools, parts, timeout, () => memory?.remove()),
    };
  } catch (error) {
    memory?.remove();
    throw error;
  }
}

interface Parts {
  readonly client: SqliteClient;
  readonly reader: InThreadReader;
  readonly router: Router;
  readonly dispatcher: Dispatcher;
  readonly checkpointer: Checkpointer;
  readonly guard: FileGuard;
}

async function assemble(place: Place, options: ResolvedSqliteOptions, pools: SqlitePools): Promise<Parts> {
  const spec = specOf(place, options);
  const { writer, processes } = pools;
  const { queryTimeout } = options;
  const reader = await openReader(place, options, pools);
  const checkpointer = new Checkpointer({ file: place.file, writer, limit: options.walLimit });
  const dispatcher = makeDispatcher(place, options, pools);
  const router = new Router({ place, reader, dispatcher, planCache: options.statementCache });
  const guard = new FileGuard(place.file, reader, { forget: () => router.forget(), evict: () => evictAll(pools) });
  const sql = createSqlClient({ pool: writer, readPool: processes, driver: sqliteDriver, queryTimeout });
  const client: SqliteClient = {
    ...sql,
    pools,
    file: place.file,
    query: (text, values, queryOptions) => router.query(text, values, queryOptions),
    batch: makeBatch(sql, dispatcher),
    backup: (target, backupOptions) => backUpTo(place, spec, target, backupOptions),
    database: (acquire = {}) => leasedDatabase(place, spec, writer, acquire, () => checkpointer.arm()),
  };
  return { client, reader, router, dispatcher, checkpointer, guard };
}

async function openReader(place: Place, options: ResolvedSqliteOptions, pools: SqlitePools): Promise<InThreadReader> {
  try {
    return new InThreadReader(place, specOf(place, options));
  } catch (error) {
    await Promise.all([pools.threads, pools.processes, pools.writer].map((pool) => pool.close({ timeout: 0 })));
    throw sqliteErrorOf(place, error);
  }
}

function makeDispatcher({ name }: Place, options: ResolvedSqliteOptions, pools: SqlitePools): Dispatcher {
  const { acquireTimeout, queryTimeout, maxQueued, readers } = options;
  const limits = { acquireTimeout, queryTimeout, maxQueued };
  const processes = new Lane({ ...limits, pool: pools.processes, size: readers, writes: false });
  // One thread is kept for what is known to be quick, where there is more than one.
  const patient = { overflow: processes, maxAlone: Math.max(1, readers - 1) };
  return new Dispatcher({
    where: `sqlite ${JSON.stringify(name)}`,
    threads: new Lane({ ...limits, ...patient, pool: pools.threads, size: readers, writes: false }),
    processes,
    writer: new Lane({ ...limits, pool: pools.writer, size: 1, writes: true }),
    queryTimeout,
    assertNotHeld: () => assertNotHeld(pools.writer, options),
  });
}

function opened(
  place: Place,
  { writer }: SqlitePools,
  { client, reader, checkpointer }: Parts,
): Omit<OpenedDatabase, "close"> {
  return {
    client,
    async check() {
      const { lastError } = writer.stats;
      if (lastError !== undefined) throw sqliteErrorOf(place, lastError);
      return { ...reader.check(), walBytes: await checkpointer.size() };
    },
  };
}

async function close(
  place: Place,
  pools: SqlitePools,
  parts: Parts,
  timeout: number,
  removeFile: () => void,
): Promise<void> {
  const { router, dispatcher, guard, checkpointer, reader } = parts;
  const deadline = performance.now() + timeout;
  const left = (): { timeout: number } => ({ timeout: Math.max(0, deadline - performance.now()) });
  dispatcher.close(new PoolError("POOL_CLOSED", `sqlite ${JSON.stringify(place.name)} is closed`));
  router.forget();
  guard.close();
  await within(timeout, dispatcher.idle());
  checkpointer.close();
  await Promise.all([pools.threads.close(left()), pools.processes.close(left())]);
  reader.close();
  // The writer last: the last connection to close moves the log into the file.
  await pools.writer.close(left());
  removeFile();
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve: over } = Promise.withResolvers<undefined>();
  const timer = setTimeout(over, Math.min(ms, 2 ** 31 - 1), undefined);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
