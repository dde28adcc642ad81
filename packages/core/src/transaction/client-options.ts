import { readClock, readFunction, readKeys, readLimit, readObject } from "../arguments.js";
import type { Pool } from "../pool/pool.js";
import { systemClock, type Clock } from "../time.js";
import type { SqlContext } from "./context.js";
import type { Handles } from "./handles.js";
import { keptShapes } from "./perform.js";
import type { SqlDriver } from "./sql-driver.js";
import type { SqlTarget } from "./sql.js";
import { TimeLimit } from "./time-limit.js";

const KEYS = [
  "pool",
  "readPool",
  "driver",
  "extend",
  "queryTimeout",
  "cancelTimeout",
  "clock",
  "random",
] satisfies (keyof SqlClientOptions<unknown>)[];

/** What {@link createSqlClient} makes a client of. */
export interface SqlClientOptions<R, X = unknown> {
  /** Where connections come from. The client does not close it. */
  readonly pool: Pool<R>;
  /** Where sessions and transactions borrow that promise `readOnly`. Default: `pool`. */
  readonly readPool?: Pool<R> | undefined;
  readonly driver: SqlDriver<R>;
  /**
   * Methods that the adapter adds to the client, its sessions and its transactions alike. In them, `this` is that which they are called on,
   * with `query` and `use`; the client's own are bound to it.
   */
  readonly extend?: (X & ThisType<SqlTarget<R> & X>) | undefined;
  /** Longest time for one statement in ms, from sending to its reply; waiting for a connection is no part of it. @default 30_000 */
  readonly queryTimeout?: number | undefined;
  /** Longest time in ms for a cancelled statement to settle; then its connection is closed. Its caller hears within 25 ms. @default 1_000 */
  readonly cancelTimeout?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Gives numbers from 0 to 1, for the jitter of back-offs. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** @throws PoolError `INVALID_ARGUMENT` for what a client cannot be made of */
export function checkClientOptions(options: unknown): void {
  const call = "createSqlClient";
  const given = readObject(`${call}: options`, options) as Readonly<Record<string, unknown>>;
  readKeys(call, given, KEYS);
  const { pool, readPool, driver, clock, random } = given;
  for (const [name, value] of [
    ["pool", pool],
    ["readPool", readPool ?? pool],
  ] as const)
    readFunction(`${call}: ${name}.acquire`, Reflect.get(readObject(`${call}: ${name}`, value), "acquire"));
  const methods = readObject(`${call}: driver`, driver);
  for (const method of ["query", "begin", "isRetryable", "isConnectionLost"])
    readFunction(`${call}: driver.${method}`, Reflect.get(methods, method));
  if (clock !== undefined) readClock(`${call}: clock`, clock);
  if (random !== undefined) readFunction(`${call}: random`, random);
}

/** The options of one client for one of its pools, defaults filled in. @throws PoolError `INVALID_ARGUMENT` */
export function contextOf<R, X>(options: SqlClientOptions<R, X>, handles: Handles<R>, pool: Pool<R>): SqlContext<R> {
  const clock = options.clock ?? systemClock;
  const context: SqlContext<R> = {
    pool,
    handles,
    driver: options.driver,
    clock,
    queryTimeout: new TimeLimit(clock, readLimit("createSqlClient: queryTimeout", options.queryTimeout) ?? 30_000),
    cancelTimeout: readLimit("createSqlClient: cancelTimeout", options.cancelTimeout) ?? 1_000,
    random: options.random ?? Math.random,
    keptShapes: [],
  };
  context.keptShapes.push(...keptShapes(context));
  return context;
}
