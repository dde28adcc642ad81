import { type Socket } from "node:net";
import type pg from "pg";
import { type HostAddress } from "./address.js";
import { sendCancel } from "./cancel.js";
import { type RoleWatch } from "./role.js";
import { type TlsRequest } from "./tls.js";

/** Where a connection leads, and what is known there without a round trip. */
export interface ServerFacts {
  /** `ip` is undefined for a Unix socket. */
  readonly at: HostAddress & { readonly ip: string | undefined };
  readonly isEncrypted: boolean;
  /** As the server reports it now; undefined for one that does not (before PostgreSQL 14, or PgBouncer) and was not asked. */
  readonly isReadOnly: boolean | undefined;
  /** Like {@link isReadOnly}, without what the session has set by `default_transaction_read_only`. */
  readonly isStandby: boolean | undefined;
  /** A setting as the server reports it now, `application_name` for example; undefined for one that it does not report. */
  reported(setting: string): string | undefined;
}

/** One open connection. */
export interface Dialled extends ServerFacts {
  /** Connected and idle. Has an `error` listener for good: being lost while idle never ends the process. */
  readonly client: pg.Client;
  /**
   * Asks the very server that it leads to, with TLS when the connection has it, to cancel what this connection runs. Resolves when the server
   * has closed the socket of the request, so that it has been handed on; rejects when it fails and with the reason of `signal`.
   */
  cancel(signal: AbortSignal): Promise<void>;
  /** Closes the socket at once; `lost` is not called for it. */
  destroy(): void;
}

export interface DialledParts {
  readonly client: pg.Client;
  readonly socket: Socket;
  readonly at: HostAddress;
  readonly ip: string | undefined;
  readonly tls: TlsRequest | undefined;
  readonly role: RoleWatch;
}

/** A connection that nobody has yet. */
export interface Fresh extends Dialled {
  /** From now on `lost` is told once when the connection ends by itself. False when it has ended already; then it is not told. */
  handTo(lost: (cause?: unknown) => void): boolean;
}

/** Puts the parts together. */
export function dialledOf({ client, socket, at, ip, tls, role }: DialledParts): Fresh {
  const { processID, secretKey } = client as unknown as { readonly processID: number; readonly secretKey: number };
  let hasEnded = false;
  let told: ((cause?: unknown) => void) | undefined;
  const onEnd = (cause?: unknown): void => {
    // pg tells nobody that its end was asked for, so what it knows is read.
    if (hasEnded || (client as unknown as { readonly _ending: boolean })._ending) return;
    hasEnded = true;
    told?.(cause);
  };
  client.on("error", onEnd);
  client.on("end", () => onEnd());
  return {
    client,
    at: { ...at, ip },
    isEncrypted: tls !== undefined,
    cancel: (signal) => sendCancel({ at, ip, tls, processId: processID, secretKey }, signal),
    get isReadOnly() {
      return role.isReadOnly;
    },
    get isStandby() {
      return role.isStandby;
    },
    reported: (setting) => role.reported.get(setting),
    destroy() {
      hasEnded = true;
      socket.destroy();
    },
    handTo(lost) {
      if (!hasEnded) told = lost;
      return !hasEnded;
    },
  };
}
