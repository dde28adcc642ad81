import type { Database } from "better-sqlite3";
import { type AcquireOptions, type Lease, type Pool } from "@pool/core";
import { sqliteError, sqliteErrorOf, type Place } from "../errors.js";
import { type SqliteHandle } from "../handle/handle.js";
import { openDatabase } from "../helper/database.js";
import { FileWatch } from "../helper/file-watch.js";
import { type OpenSpec } from "../helper/protocol.js";
import { toWire } from "../helper/wire-error.js";
import { releaseMarks } from "../read-mark.js";
import { admitFirst, define } from "./admission.js";

export interface LeasedDatabasesOptions {
  readonly place: Place;
  readonly spec: Omit<OpenSpec, "role">;
  readonly writer: Pool<SqliteHandle>;
  readonly onWrite: () => void;
  /** The file was removed or replaced. */
  readonly onGone: () => void;
}

/** Real better-sqlite3 databases in this thread, each of them the writer as long as it is open, since it holds the writer's lease. */
export class LeasedDatabases {
  readonly #options: LeasedDatabasesOptions;
  readonly #open = new Set<Database>();

  constructor(options: LeasedDatabasesOptions) {
    this.#options = options;
  }

  async open(options: Pick<AcquireOptions, "signal" | "timeout">): Promise<Database> {
    const { place, spec, writer } = this.#options;
    const lease = await writer.acquire({ label: "database()", ...options });
    try {
      releaseMarks();
      const { database } = openDatabase({ ...spec, role: "writer", busyTimeout: 0 });
      this.#open.add(database);
      this.#bind(database, lease);
      return database;
    } catch (error) {
      lease.release();
      throw sqliteErrorOf(place, error);
    }
  }

  /** Closes those that are still open: the client is closed, and their leases are taken away. */
  closeAll(): void {
    for (const database of this.#open) {
      try {
        database.close();
      } catch {
        // One that is being iterated over cannot be closed; it can no longer begin anything (see #bind).
      }
    }
  }

  #bind(database: Database, lease: Lease<unknown>): void {
    const close = database.close.bind(database);
    define(database, "close", () => {
      try {
        close();
        this.#open.delete(database);
      } finally {
        lease.release();
        this.#options.onWrite();
      }
      return database;
    });
    // As seldom as a reader thread looks, so that a statement in a loop does not pay for each look.
    const watch = new FileWatch(this.#options.place.file, true);
    // `resource` throws LEASE_ENDED once the lease was taken away: somebody else may be the writer.
    admitFirst(database, () => {
      releaseMarks();
      if (lease.resource !== undefined) this.#assertThere(watch);
    });
  }

  /** @throws PoolError `FILE_GONE` */
  #assertThere(watch: FileWatch): void {
    const gone = watch.look(performance.now());
    if (gone === undefined) return;
    this.#options.onGone();
    throw sqliteError(this.#options.place, toWire(gone));
  }
}
