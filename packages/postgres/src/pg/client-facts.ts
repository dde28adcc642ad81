import { EventEmitter } from "node:events";
import pg from "pg";
import { LentClient } from "./lent-client.js";

/** What programs and libraries read of a `pg.Client`. The password is not among them. */
const FACTS = [
  ...["user", "database", "port", "host", "ssl", "processID", "secretKey", "connectionParameters", "replication"],
  ...["binary", "pipeline", "readyForQuery", "hasExecuted", "enableChannelBinding"],
  ...["_queryable", "_ending", "_ended", "_connected", "_connecting", "_types", "_txStatus", "_queryQueue"],
] as const;

const DELEGATED = ["getTransactionStatus", "getTypeParser", "setTypeParser", "ref", "unref"] as const;

const LISTENING = ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const;

/** Makes lent clients what they look like: instances of `pg.Client`, with its properties and the methods of an emitter. */
export function likePgClient(prototype: LentClient): void {
  Object.setPrototypeOf(prototype, pg.Client.prototype);
  for (const name of FACTS)
    define(prototype, name, (client) => Reflect.get(LentClient.seatOf(client).driver, name) as unknown);
  for (const name of DELEGATED) {
    hide(prototype, name, function (this: LentClient, ...values: unknown[]) {
      const { driver } = LentClient.seatOf(this);
      return Reflect.apply(Reflect.get(driver, name) as () => unknown, driver, values) as unknown;
    });
  }
  for (const name of LISTENING) {
    const listen = Reflect.get(EventEmitter.prototype, name) as () => unknown;
    hide(prototype, name, function (this: LentClient, ...values: unknown[]) {
      LentClient.listens(this);
      return Reflect.apply(listen, this, values) as unknown;
    });
  }
}

/** Read from the driver; who sets it, sets it for itself. */
function define(prototype: LentClient, name: string, get: (client: LentClient) => unknown): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: false,
    get(this: LentClient) {
      return get(this);
    },
    set(this: LentClient, value: unknown) {
      Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
    },
  });
}

function hide(prototype: LentClient, name: string, value: unknown): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
}
