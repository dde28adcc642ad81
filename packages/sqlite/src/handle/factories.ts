import { type CreateContext, PoolError, type ResourceFactory } from "@pool/core";
import { isFatal, type Place } from "../errors.js";
import { type OpenSpec, type Reply } from "../helper/protocol.js";
import { spawnProcess } from "../channel/spawn-process.js";
import { spawnWorker } from "../channel/spawn-worker.js";
import { SqliteHandle, type Role } from "./handle.js";

export interface FactoryOptions {
  readonly place: Place;
  readonly spec: Omit<OpenSpec, "role">;
  readonly onSchemaChange?: (() => void) | undefined;
  /** A connection has answered; on the writer, something may have been written. */
  readonly onReplies?: ((replies: readonly Reply[]) => void) | undefined;
}

/** Connections in processes of their own, which can be killed: the writer, and readers whose reads can be cancelled. */
export function processFactory(role: Role, options: FactoryOptions): ResourceFactory<SqliteHandle> {
  return factory(async (context) => {
    const { link, ended, journalMode } = await spawnProcess(options.place, { ...options.spec, role }, context.signal);
    const handle = new SqliteHandle(role, link, ended);
    assertWal(options, role, journalMode, () => void handle.close(false));
    return handle;
  }, options);
}

/** Connections for reads in threads: twice as fast to reach as a process, but what runs there cannot be stopped between two rows. */
export function threadFactory(options: FactoryOptions): ResourceFactory<SqliteHandle> {
  const endings = new Set<SqliteHandle>();
  const { close, ...rest } = factory(async (context) => {
    const { link, ended, control } = await spawnWorker(
      options.place,
      { ...options.spec, role: "reader" },
      context.signal,
    );
    return new SqliteHandle("reader", link, ended, control);
  }, options);
  return {
    ...rest,
    // The pool forgets a resource that does not close in time. A thread inside a query is still there, and counts here.
    async create(context) {
      while (endings.size >= MOST_ENDING) {
        await Promise.race([...Array.from(endings, ({ ended }) => ended), aborted(context.signal)]);
        context.signal.throwIfAborted();
      }
      return await rest.create(context);
    },
    async close(handle, how) {
      endings.add(handle);
      void handle.ended.then(() => endings.delete(handle));
      await close(handle, how);
    },
  };
}

/** Threads that were given up inside a query and have not come to its end. One more reader waits until there are fewer. */
const MOST_ENDING = 8;

function factory(
  open: (context: CreateContext) => Promise<SqliteHandle>,
  { onSchemaChange, onReplies }: FactoryOptions,
): ResourceFactory<SqliteHandle> {
  return {
    kind: "sqlite",
    async create(context) {
      const handle = await open(context);
      handle.link.onLost = (error) => context.lost(error);
      handle.link.onSchemaChange = onSchemaChange;
      handle.link.onReplies = onReplies;
      // It may have ended between its first word and now.
      if (handle.link.lost !== undefined) throw handle.link.lost;
      return handle;
    },
    validate: (handle) => handle.check(),
    reset: (handle) => handle.reset(),
    close: (handle, { graceful }) => handle.close(graceful),
    status: ({ link }) => ({
      inTransaction: link.inTransaction,
      busy: link.busy,
      clean: !link.inTransaction && !link.dirty,
    }),
    isFatal,
  };
}

function assertWal({ place, spec }: FactoryOptions, role: Role, journalMode: string, close: () => void): void {
  if (role === "reader" || spec.readonly || journalMode === "wal") return;
  close();
  const message = `sqlite ${JSON.stringify(place.name)}: ${place.file} cannot be put into WAL mode, it stays in "${journalMode}"; a network file system cannot share the log's index`;
  throw new PoolError("CANNOT_OPEN", message, { details: { file: place.file, journalMode } });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
