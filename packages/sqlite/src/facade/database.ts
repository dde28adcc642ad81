import { type Database } from "better-sqlite3";
import { type AcquireOptions, type Pool } from "@pool/core";
import { sqliteErrorOf, type Place } from "../errors.js";
import { openDatabase } from "../helper/database.js";
import { type OpenSpec } from "../helper/protocol.js";
import { type SqliteHandle } from "../handle/handle.js";

/** A real better-sqlite3 database in this thread that is the writer as long as it is open, since it holds the writer's lease. */
export async function leasedDatabase(
  place: Place,
  spec: Omit<OpenSpec, "role">,
  writer: Pool<SqliteHandle>,
  options: Pick<AcquireOptions, "signal" | "timeout">,
  onWrite: () => void,
): Promise<Database> {
  const lease = await writer.acquire({ label: "database()", ...options });
  try {
    const { database } = openDatabase({ ...spec, role: "writer", busyTimeout: 0 });
    const close = database.close.bind(database);
    // Its own property, so that it stays what the query builders look for: an instance of the driver's class.
    Object.defineProperty(database, "close", {
      configurable: true,
      value: () => {
        close();
        lease.release();
        onWrite();
        return database;
      },
    });
    return database;
  } catch (error) {
    lease.release();
    throw sqliteErrorOf(place, error);
  }
}
