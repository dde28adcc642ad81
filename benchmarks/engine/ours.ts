import type * as core from "@pool/core";
import { tokens, type Engine, type Subject, type Token } from "./subject.ts";

/** `@pool/core`, wherever it was loaded from. */
export type Core = Pick<typeof core, "createPool">;

/** With the defaults: timeout of 30 s, leases that end once, statistics, holders and all. Only the queue is let grow as long as a burst. */
export function ours({ createPool }: Core): Engine {
  return {
    name: "ours",
    timesOut: true,
    aborts: true,
    open({ size, timeout, waiters }) {
      const open = tokens();
      const pool = createPool(
        { kind: "token", create: () => Promise.resolve(open()), close: () => undefined },
        { maxSize: size, maxWaiting: waiters, ...(timeout !== undefined && { acquireTimeout: timeout }) },
      );
      const subject: Subject<core.Lease<Token>> = {
        acquire: () => pool.acquire(),
        acquireUntil: (signal) => pool.acquire({ signal }),
        release: (lease) => lease.release(),
        idOf: (lease) => lease.resource.id,
        counts: () => {
          const { leased, waiting } = pool.stats;
          return { leased, waiting };
        },
        close: () => pool.close(),
      };
      return subject;
    },
  };
}
