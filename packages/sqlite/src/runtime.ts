import { PoolError, reasonOf } from "@pool/core";
import { type DatabaseConstructor, loadDriver } from "./helper/database.js";

/** The oldest Node with the native interface that better-sqlite3 13 is built for (Node-API 10). */
export const OLDEST_NODE = [22, 14] as const;

/**
 * Refuses a Node that is too old, before the driver is loaded: version 13 of it takes such a process down without a word.
 * @throws PoolError `UNSUPPORTED_NODE`
 */
export function assertNodeVersion(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  const needed = OLDEST_NODE.join(".");
  throw new PoolError("UNSUPPORTED_NODE", `@pool/sqlite needs Node ${needed} or newer, and this is Node ${version}`, {
    details: { needed, found: version },
  });
}

/**
 * Refuses to go on without the driver, which the program has to install beside this package, or without its binary for this machine.
 * @throws PoolError `DRIVER_MISSING`
 */
export function assertDriver(load: () => DatabaseConstructor = loadDriver): void {
  const Driver = loaded(load);
  try {
    // It loads its binary with its first database.
    new Driver(":memory:", {}).close();
  } catch (cause) {
    const message = `the binary of better-sqlite3 for ${process.platform} ${process.arch} does not load: npm rebuild better-sqlite3, or install it on this machine (${reasonOf(cause)})`;
    throw new PoolError("DRIVER_MISSING", message, { cause });
  }
}

function loaded(load: () => DatabaseConstructor): DatabaseConstructor {
  try {
    return load();
  } catch (cause) {
    const message = "@pool/sqlite needs the driver beside it: npm install better-sqlite3";
    throw new PoolError("DRIVER_MISSING", message, { cause });
  }
}
