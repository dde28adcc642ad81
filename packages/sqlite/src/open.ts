import { resolve } from "node:path";
import { type OpenContext, PoolError } from "@pool/core";
import { type SqliteClient, type SqlitePools } from "./client.js";
import { sqliteErrorOf, type Place } from "./errors.js";
import { checkFile } from "./files.js";
import { makeMemoryFile } from "./memory.js";
import { type ResolvedSqliteOptions } from "./options.js";
import { Outage } from "./outage.js";
import { assemble, type Parts } from "./parts.js";
import { type ConnectionEvents, openPools } from "./pools.js";
import { assertDriver, assertNodeVersion } from "./runtime.js";

// Longest time for a process to end that was killed.
const KILL_MS = 1_000;

/** Everything behind one client, from its opening to its end. */
export interface OpenedDatabase {
  readonly client: SqliteClient;
  /** Rejects when the file cannot be read, or the writer cannot be opened. Waits for nobody. */
  check(): Promise<Readonly<Record<string, unknown>>>;
  close(timeout: number): Promise<void>;
}

/** Opens a database as `options` say. Rejects with the reason, and leaves nothing open. */
export async function openSqlite(context: OpenContext, options: ResolvedSqliteOptions): Promise<OpenedDatabase> {
  const { name, signal } = context;
  assertNodeVersion();
  assertDriver();
  const memory = options.file === ":memory:" ? makeMemoryFile(options.memoryFolder) : undefined;
  const place: Place = { name, file: memory?.file ?? resolve(options.file) };
  try {
    await checkFile(place, options);
    const outage = new Outage(context);
    const events: ConnectionEvents = {
      schemaChanged() {},
      answered() {},
      gone() {},
      writerOpened: () => outage.ended("writer"),
      writerFailed: (error) => outage.began("writer", sqliteErrorOf(place, error)),
    };
    const pools = await openPools(place, options, events, signal);
    const parts = await assemble(place, options, pools, outage);
    events.schemaChanged = () => parts.router.forget();
    events.answered = () => parts.checkpointer.arm();
    events.gone = () => parts.guard.look();
    return {
      ...opened(place, pools, parts, outage),
      close: (timeout) => close(place, pools, parts, timeout, () => memory?.remove()),
    };
  } catch (error) {
    memory?.remove();
    throw error;
  }
}

function opened(
  place: Place,
  { writer }: SqlitePools,
  { client, reader, checkpointer }: Parts,
  outage: Outage,
): Omit<OpenedDatabase, "close"> {
  return {
    client,
    async check() {
      outage.assertOver();
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
  const { router, dispatcher, guard, checkpointer, reader, leased, backups } = parts;
  const deadline = performance.now() + timeout;
  const left = (): { timeout: number } => ({ timeout: Math.max(0, deadline - performance.now()) });
  const closed = new PoolError("POOL_CLOSED", `sqlite ${JSON.stringify(place.name)} is closed`);
  dispatcher.close(closed);
  backups.close(closed);
  router.forget();
  guard.close();
  await within(timeout, Promise.all([dispatcher.idle(), backups.idle()]));
  await within(KILL_MS, backups.end());
  checkpointer.close();
  await Promise.all([pools.threads.close(left()), pools.processes.close(left())]);
  reader.close();
  // The writer last: the last connection to close moves the log into the file.
  await pools.writer.close(left());
  leased.closeAll();
  removeFile();
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve: over } = Promise.withResolvers<undefined>();
  const timer = setTimeout(over, Math.min(ms, 2 ** 31 - 1), undefined);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
