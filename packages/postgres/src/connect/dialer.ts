import { unlessAborted } from "@pool/core";
import { isRefusal } from "./connect-error.js";
import { type DialOptions } from "./dial-options.js";
import { type Dialled } from "./dialled.js";
import { HostWalk } from "./host-walk.js";
import { type TargetSessionAttrs } from "./role.js";
import { warnOfUnverified } from "./unverified.js";

/** What one connect is handed. */
export interface DialRequest {
  /** Connect timeout, or the pool is closed: the dial rejects with its reason at once, whatever phase it is in, and nothing stays open. */
  readonly signal: AbortSignal;
  /** Told once when the connection ends by itself at any time after it was handed out. */
  lost(cause?: unknown): void;
  /** Statements may be sent before the ones ahead are answered: pg's `pipeline`. @default false */
  readonly pipeline?: boolean;
}

/** Makes connections. */
export interface Dialer {
  /**
   * One connection to the first host that answers and is of the wanted kind. When the password was refused and comes from a function, it is fetched
   * anew and tried once more. Rejects with a {@link ConnectError}, or an AggregateError with one for each host.
   */
  dial(request: DialRequest): Promise<Dialled>;
}

/** A dialer that remembers which host answered last, and begins with that one. */
export function createDialer(options: DialOptions, wanted: TargetSessionAttrs = options.targetSessionAttrs): Dialer {
  const walk = new HostWalk(options, wanted);
  const { password } = options;
  warnOfUnverified(options);
  return {
    async dial(request) {
      const { signal } = request;
      signal.throwIfAborted();
      const deadline = performance.now() + options.connectTimeout;
      if (typeof password !== "function") return walk.run(request, password, deadline);
      const fetch = async (refresh: boolean): Promise<string> =>
        checked(await unlessAborted(signal, () => password({ signal, refresh })));
      try {
        return await walk.run(request, await fetch(false), deadline);
      } catch (error) {
        if (!isRefusal(error) || signal.aborted) throw error;
        return walk.run(request, await fetch(true), deadline);
      }
    },
  };
}

function checked(password: unknown): string {
  if (typeof password === "string" && password !== "") return password;
  throw new TypeError(
    `the password function must give a string that is not empty, got ${typeof password === "string" ? "an empty one" : typeof password}`,
  );
}
export type { Dialled } from "./dialled.js";
export type { HostAddress } from "./address.js";
export type { TargetSessionAttrs } from "./role.js";
export type { ConnectError } from "./connect-error.js";
