import type { Database } from "better-sqlite3";
import { type AcquireOptions, type Lease, type Pool } from "@pool/core";
import { sqliteErrorOf, type Place } from "../errors.js";
import { openDatabase } from "../helper/database.js";
import { type OpenSpec } from "../helper/protocol.js";
import { type SqliteHandle } from "../handle/handle.js";

export interface LeasedDatabasesOptions {
  readonly place: Place;
  readonly spec: Omit<OpenSpec, "role">;
  readonly writer: Pool<SqliteHandle>;
  readonly onWrite: () => void;
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

  /** As own properties, so that it stays what the query builders look for: an instance of the driver's class. */
  #bind(database: Database, lease: Lease<unknown>): void {
    const close = database.close.bind(database);
    const define = (name: string, value: unknown): void => {
      Object.defineProperty(database, name, { configurable: true, value });
    };
    define("close", () => {
      try {
        close();
        this.#open.delete(database);
      } finally {
        lease.release();
        this.#options.onWrite();
      }
      return database;
    });
    for (const name of ["prepare", "exec", "pragma"] as const) {
      const method = database[name].bind(database) as (...given: unknown[]) => unknown;
      // `resource` throws LEASE_ENDED once the lease was taken away: somebody else may be the writer.
      define(name, (...given: unknown[]) => lease.resource && method(...given));
    }
  }
}
