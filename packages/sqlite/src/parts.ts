import { createSqlClient, PoolError, readCall } from "@pool/core";
import { Backups } from "./backups.js";
import { makeBatch } from "./batch.js";
import { Checkpointer } from "./checkpoint.js";
import { type SqliteClient, type SqlitePools } from "./client.js";
import { sqliteDriver } from "./driver.js";
import { sqliteErrorOf, type Place } from "./errors.js";
import { LeasedDatabases } from "./facade/database.js";
import { FileGuard } from "./file-guard.js";
import { Dispatcher } from "./lane/dispatcher.js";
import { Lane } from "./lane/lane.js";
import { type ResolvedSqliteOptions } from "./options.js";
import { type Outage } from "./outage.js";
import { assertNotHeld, evictAll, holdOfWriter, specOf } from "./pools.js";
import { InThreadReader } from "./read/in-thread.js";
import { Router } from "./read/router.js";

/** What works behind one client, beside its pools. */
export interface Parts {
  readonly client: SqliteClient;
  readonly reader: InThreadReader;
  readonly router: Router;
  readonly dispatcher: Dispatcher;
  readonly checkpointer: Checkpointer;
  readonly guard: FileGuard;
  readonly leased: LeasedDatabases;
  readonly backups: Backups;
}

/** Puts the parts together over pools that are open. Closes these when it fails. */
export async function assemble(
  place: Place,
  options: ResolvedSqliteOptions,
  pools: SqlitePools,
  outage: Outage,
): Promise<Parts> {
  const spec = specOf(place, options);
  const { writer, processes } = pools;
  const { queryTimeout, readonly, walLimit } = options;
  const reader = await openReader(place, options, pools);
  const checkpointer = new Checkpointer({ file: place.file, pools, limit: readonly ? Infinity : walLimit });
  const dispatcher = makeDispatcher(place, options, pools, outage);
  const router = new Router({ place, reader, dispatcher, planCache: options.statementCache });
  const guard = new FileGuard(place, reader, {
    forget: () => router.forget(),
    evict: () => evictAll(pools),
    gone: (error) => outage.began("file", error),
    back() {
      outage.ended("file");
      checkpointer.arm();
    },
  });
  const leased = new LeasedDatabases({
    place,
    spec,
    writer,
    onWrite: () => checkpointer.arm(),
    onGone: () => guard.look(),
  });
  const backups = new Backups(place, spec);
  const sql = createSqlClient({ pool: writer, readPool: processes, driver: sqliteDriver, queryTimeout });
  const client: SqliteClient = {
    ...sql,
    pools,
    file: place.file,
    query: (text, values, queryOptions) => router.query(text, values, queryOptions),
    batch: makeBatch(sql, dispatcher),
    backup: (target, backupOptions) => backups.start(target, backupOptions),
    async database(acquire) {
      const asked = readCall(`sqlite ${JSON.stringify(place.name)}: database`, acquire, ["signal", "timeout"]);
      assertNotHeld(writer, holdOfWriter(writer, options));
      return await leased.open(asked);
    },
  };
  return { client, reader, router, dispatcher, checkpointer, guard, leased, backups };
}

async function openReader(place: Place, options: ResolvedSqliteOptions, pools: SqlitePools): Promise<InThreadReader> {
  try {
    return new InThreadReader(place, specOf(place, options));
  } catch (error) {
    await Promise.all([pools.threads, pools.processes, pools.writer].map((pool) => pool.close({ timeout: 0 })));
    throw sqliteErrorOf(place, error);
  }
}

/** That the file is gone, of a statement that was never sent; else the refusal. */
function goneOr(refusal: PoolError, gone: PoolError | undefined): PoolError {
  if (gone === undefined) return refusal;
  return new PoolError(gone.code, gone.message, { cause: refusal, details: { ...gone.details, sent: false } });
}

function makeDispatcher(
  { name }: Place,
  options: ResolvedSqliteOptions,
  pools: SqlitePools,
  outage: Outage,
): Dispatcher {
  const { acquireTimeout, queryTimeout, maxQueued, readers } = options;
  const limits = {
    acquireTimeout,
    queryTimeout,
    maxQueued,
    whyNone: (refusal: PoolError) => goneOr(refusal, outage.cause("file")),
  };
  const processes = new Lane({ ...limits, pool: pools.processes, size: readers, writes: false });
  // One thread is kept for what is known to be quick, where there is more than one.
  const patient = { overflow: processes, maxAlone: Math.max(1, readers - 1) };
  return new Dispatcher({
    where: `sqlite ${JSON.stringify(name)}`,
    threads: new Lane({ ...limits, ...patient, pool: pools.threads, size: readers, writes: false }),
    processes,
    writer: new Lane({ ...limits, pool: pools.writer, size: 1, writes: true }),
    queryTimeout,
    holdOfWriter: () => holdOfWriter(pools.writer, options),
    assertNotHeld: (hold) => assertNotHeld(pools.writer, hold),
  });
}
