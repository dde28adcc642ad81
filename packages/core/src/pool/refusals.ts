import { PoolError, reasonOf, withoutStack } from "../errors.js";
import { describeHolder } from "./holders.js";
import type { Holder } from "./stats.js";

/** The counts that every refusal names. */
export interface Moment {
  readonly pool: string;
  readonly maxSize: number;
  readonly size: number;
  readonly leased: number;
  readonly idle: number;
  readonly connecting: number;
  readonly waiting: number;
  readonly lastConnectError: unknown;
  readonly holders: readonly Holder[];
}

const MOST_HOLDERS_IN_MESSAGE = 3;

/** Makes the timeout errors of one moment: those who time out together share the work of telling why. */
export function timeoutErrors(
  moment: Moment,
): (label: string | undefined, timeout: number, waitedMs: number) => PoolError {
  const counts = `${String(moment.leased)} leased, ${String(moment.idle)} idle, ${String(moment.connecting)} connecting, ${String(moment.waiting)} waiting, of at most ${String(moment.maxSize)}`;
  const connect =
    moment.lastConnectError === undefined ? "" : `; the last connect failed: ${reasonOf(moment.lastConnectError)}`;
  const shown = moment.holders.slice(0, MOST_HOLDERS_IN_MESSAGE).map(describeHolder);
  const more = moment.holders.length - shown.length;
  const holders =
    shown.length === 0 ? "" : `; holders: ${shown.join("; ")}${more > 0 ? `; and ${String(more)} more` : ""}`;
  const tail = `(${counts})${connect}${holders}`;
  const pool = JSON.stringify(moment.pool);
  return (label, timeout, waitedMs) =>
    withoutStack(() => {
      const who = label === undefined ? "" : ` for ${JSON.stringify(label)}`;
      const message = `pool ${pool} had nothing free${who} within ${String(timeout)} ms ${tail}`;
      const options = { details: { ...moment, label, timeout, waitedMs } };
      return new PoolError(
        "ACQUIRE_TIMEOUT",
        message,
        moment.lastConnectError === undefined ? options : { ...options, cause: moment.lastConnectError },
      );
    });
}

export function queueFull(moment: Moment, maxWaiting: number): PoolError {
  const message = `pool ${JSON.stringify(moment.pool)} refused a caller: ${String(moment.waiting)} wait already, of at most ${String(maxWaiting)} (${String(moment.leased)} leased, of at most ${String(moment.maxSize)})`;
  return withoutStack(() => new PoolError("QUEUE_FULL", message, { details: { ...moment, maxWaiting } }));
}

export function poolClosed(pool: string, state: string): PoolError {
  return new PoolError("POOL_CLOSED", `pool ${JSON.stringify(pool)} is ${state}`, { details: { pool, state } });
}

export function unavailable(pool: string, kind: string, failures: number, lastError: unknown): PoolError {
  const message = `pool ${JSON.stringify(pool)}: ${kind} is unavailable, the last ${String(failures)} connects failed: ${reasonOf(lastError)}`;
  return withoutStack(() => new PoolError("UNAVAILABLE", message, { cause: lastError, details: { pool, failures } }));
}
