import { type LentClient } from "./lent-client.js";
import { type Submittable } from "./pg-statement.js";
import { emitterOf } from "./seat.js";

/**
 * Lends a connection to an object for the driver, until the driver has nothing to do any more: a cursor that is read to its end or closed.
 */
export function submitTo(lent: Promise<LentClient>, query: Submittable, callback: unknown): void {
  lent.then(
    (client) => {
      const emitter = emitterOf(client);
      emitter.once("drain", () => client[Symbol.dispose]());
      emitter.once("end", () => client[Symbol.dispose]());
      client.query(query, undefined, callback);
    },
    (error: unknown) => {
      if (query.callback === undefined && typeof callback === "function") query.callback = callback;
      query.handleError?.(error);
    },
  );
}
