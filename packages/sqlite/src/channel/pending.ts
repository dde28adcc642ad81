import { type PoolError } from "@pool/core";
import { type Place, sqliteError } from "../errors.js";
import { type Done, type Reply } from "../helper/protocol.js";

/** Who waits for the reply to one request. */
export interface Pending {
  settle(reply: Reply): void;
  lost(error: PoolError): void;
}

/** Settles a promise. */
export function pendingOf(place: Place, resolve: (done: Done) => void, reject: (error: PoolError) => void): Pending {
  return {
    settle(reply) {
      if (reply.error === undefined) resolve(reply);
      else reject(sqliteError(place, reply.error));
    },
    lost: reject,
  };
}
