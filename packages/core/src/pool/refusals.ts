import { isPoolError, PoolError, reasonOf, stackText, withoutStack, type PoolErrorOptions } from "../errors.js";
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

/** What one caller asked for and how long it waited. */
export interface Wait {
  readonly label: string | undefined;
  readonly timeout: number;
  readonly waitedMs: number;
}

/**
 * Makes the timeout errors of one moment. Those who time out together share the work of telling why, and those of the same wait also its text
 * and details: a storm makes ten thousand at once.
 */
export class TimeoutErrors {
  readonly moment: Moment;
  #tail: string | undefined;
  #wait: Wait = { label: undefined, timeout: -1, waitedMs: -1 };
  #message = "";
  #stack = "";
  #options: PoolErrorOptions = {};
  readonly #make = (): PoolError => new PoolError("ACQUIRE_TIMEOUT", this.#message, this.#options);

  constructor(moment: Moment) {
    this.moment = moment;
  }

  make(label: string | undefined, timeout: number, waitedMs: number): PoolError {
    const last = this.#wait;
    if (last.timeout !== timeout || last.label !== label || last.waitedMs !== waitedMs)
      this.#tell({ label, timeout, waitedMs });
    return withoutStack(this.#make, this.#stack);
  }

  #tell(wait: Wait): void {
    const { lastConnectError: cause, pool } = this.moment;
    const who = wait.label === undefined ? "" : ` for ${JSON.stringify(wait.label)}`;
    const tail = (this.#tail ??= tailOf(this.moment));
    const details = { ...this.moment, ...wait };
    this.#wait = wait;
    this.#message = `pool ${JSON.stringify(pool)} had nothing free${who} within ${String(wait.timeout)} ms ${tail}`;
    this.#stack = stackText({ name: "PoolError", message: this.#message });
    this.#options = cause === undefined ? { details } : { details, cause };
  }
}

function tailOf({ leased, idle, connecting, waiting, maxSize, lastConnectError, holders }: Moment): string {
  const counts = `${String(leased)} leased, ${String(idle)} idle, ${String(connecting)} connecting, ${String(waiting)} waiting, of at most ${String(maxSize)}`;
  const connect = lastConnectError === undefined ? "" : `; ${whatFailed(lastConnectError, "the last")}`;
  const shown = holders.slice(0, MOST_HOLDERS_IN_MESSAGE).map(describeHolder);
  const more = holders.length - shown.length;
  const list =
    shown.length === 0 ? "" : `; holders: ${shown.join("; ")}${more > 0 ? `; and ${String(more)} more` : ""}`;
  return `(${counts})${connect}${list}`;
}

/** What opened and was refused by a hook did connect, and is no failed connect to its reader. */
function whatFailed(error: unknown, which: string): string {
  const several = which === "the last" ? "" : "s";
  const what = isPoolError(error, "HOOK_REFUSED")
    ? `resource${several} opened ${several === "" ? "was" : "were"} refused`
    : `connect${several} failed`;
  return `${which} ${what}: ${reasonOf(error)}`;
}

export function queueFull(moment: Moment, maxWaiting: number): PoolError {
  const { pool, waiting, leased, maxSize } = moment;
  const unlent = maxSize - leased > maxWaiting ? ", or as many as are not lent" : "";
  const message = `pool ${JSON.stringify(pool)} refused a caller: ${String(waiting)} wait already, of at most ${String(maxWaiting)}${unlent} (${String(leased)} leased, of at most ${String(maxSize)})`;
  return withoutStack(() => new PoolError("QUEUE_FULL", message, { details: { ...moment, maxWaiting } }));
}

export function poolClosed(pool: string, state: string): PoolError {
  return new PoolError("POOL_CLOSED", `pool ${JSON.stringify(pool)} is ${state}`, { details: { pool, state } });
}

export function unavailable(pool: string, kind: string, failures: number, lastError: unknown): PoolError {
  const message = `pool ${JSON.stringify(pool)}: ${kind} is unavailable, ${whatFailed(lastError, `the last ${String(failures)}`)}`;
  return withoutStack(() => new PoolError("UNAVAILABLE", message, { cause: lastError, details: { pool, failures } }));
}
