import {
  createPool,
  type Hold,
  holdOf,
  type Pool,
  PoolError,
  type PoolOptions,
  type ResourceFactory,
} from "@pool/core";
import { type SqlitePools } from "./client.js";
import { type Place } from "./errors.js";
import { processFactory, threadFactory } from "./handle/factories.js";
import { type SqliteHandle } from "./handle/handle.js";
import { type OpenSpec, type Reply } from "./helper/protocol.js";
import { type ResolvedSqliteOptions } from "./options.js";
import { pragmasOf } from "./pragmas.js";

// A process that nobody needs any more is closed soon: each takes some 30 MB of its own.
const IDLE_PROCESS_MS = 60_000;

/** How every connection of a connector is opened, but for its role. */
export type ConnectionSpec = Omit<OpenSpec, "role">;

/** What connections tell, for others to act on. */
export interface ConnectionEvents {
  schemaChanged(): void;
  /** The writer has answered. */
  answered(): void;
  /** A connection has found that the file was removed or replaced. */
  gone(): void;
  writerOpened(): void;
  writerFailed(error: unknown): void;
}

export function specOf({ file }: Place, options: ResolvedSqliteOptions): ConnectionSpec {
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

/** Opens the writer and the threads, and closes what it has opened when one of them fails. */
export async function openPools(
  place: Place,
  options: ResolvedSqliteOptions,
  events: ConnectionEvents,
  signal: AbortSignal,
): Promise<SqlitePools> {
  const spec = specOf(place, options);
  const { readers } = options;
  const onReplies = (replies: readonly Reply[]): void => tellOfGone(replies, events);
  const opened: Pool<SqliteHandle>[] = [];
  const open = (part: string, factory: ResourceFactory<SqliteHandle>, limits: PoolOptions): Pool<SqliteHandle> => {
    const pool = createPool(factory, { ...commonOptions(options), ...limits, name: `${place.name}:${part}` });
    opened.push(pool);
    return pool;
  };
  try {
    const first = firstSpec(spec, options);
    const writer = open("writer", writerFactory(place, first, events), { maxSize: 1, minIdle: 1 });
    await writer.warm(1, { signal });
    first.create = false;
    const threads = open("threads", threadFactory({ place, spec, onReplies }), { maxSize: readers, minIdle: readers });
    const limits = { maxSize: readers, idleTimeout: IDLE_PROCESS_MS };
    const processes = open("processes", processFactory("reader", { place, spec, onReplies }), limits);
    await threads.warm(readers, { signal });
    return { writer, threads, processes };
  } catch (error) {
    await Promise.all(opened.map((pool) => pool.close({ timeout: 0 })));
    throw error;
  }
}

/** Every connection is to an old file. */
export function evictAll({ writer, threads, processes }: SqlitePools): void {
  for (const pool of [writer, threads, processes]) pool.evict("the database file was removed or replaced");
}

/** The session or transaction around the caller, if it is one of the writer's. */
export function holdOfWriter(writer: Pool<SqliteHandle>, { selfDeadlock }: ResolvedSqliteOptions): Hold | undefined {
  return selfDeadlock === "off" ? undefined : holdOf(writer);
}

/** What wants the writer inside a transaction would wait for that transaction's end. @throws PoolError `SELF_DEADLOCK` */
export function assertNotHeld(writer: Pool<SqliteHandle>, hold: Hold | undefined): void {
  if (hold?.holds !== true) return;
  const message = `pool ${JSON.stringify(writer.name)}: a write on the client, or database(), was called inside a session or transaction that holds the only writer; use the session's or the transaction's own query()`;
  throw new PoolError("SELF_DEADLOCK", message, { details: { pool: writer.name, holders: writer.holders() } });
}

/** Only the first writer makes the file: one that vanishes later is an accident, and an empty one in its place would hide it. */
function firstSpec(
  spec: ConnectionSpec,
  { create, readonly }: ResolvedSqliteOptions,
): ConnectionSpec & { create: boolean } {
  return { ...spec, create: create && !readonly };
}

function writerFactory(place: Place, spec: ConnectionSpec, events: ConnectionEvents): ResourceFactory<SqliteHandle> {
  const factory = processFactory("writer", {
    place,
    spec,
    onSchemaChange: () => events.schemaChanged(),
    onReplies(replies) {
      events.answered();
      tellOfGone(replies, events);
    },
  });
  return {
    ...factory,
    async create(context) {
      try {
        const handle = await factory.create(context);
        events.writerOpened();
        return handle;
      } catch (error) {
        events.writerFailed(error);
        throw error;
      }
    },
  };
}

function tellOfGone(replies: readonly Reply[], events: ConnectionEvents): void {
  for (const { error } of replies) if (error?.kind === "gone") events.gone();
}

function commonOptions(options: ResolvedSqliteOptions): PoolOptions {
  const { acquireTimeout, connectTimeout, drainTimeout, maxWaiting, maxLifetime, leakAfter, selfDeadlock, stacks } =
    options;
  const limits = { acquireTimeout, connectTimeout, drainTimeout, maxWaiting, maxLifetime, idleTimeout: Infinity };
  return { ...limits, leakAfter, selfDeadlock, stacks };
}
