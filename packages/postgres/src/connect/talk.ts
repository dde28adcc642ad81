import { type Socket } from "node:net";
import type pg from "pg";
import { unlessAborted } from "@pool/core";
import { type HostAddress } from "./address.js";
import { ConnectError, type ConnectPhase } from "./connect-error.js";
import { type DialOptions } from "./dial-options.js";
import { dialledOf, type Fresh } from "./dialled.js";
import { misfit, RoleWatch, type TargetSessionAttrs } from "./role.js";
import { type OpenSocket } from "./socket.js";
import { createClient, startUp } from "./startup.js";
import { encrypt, type TlsRequest } from "./tls.js";
import { type TlsAttempt } from "./tls-attempts.js";

/** One host, and what to do there. */
export interface HostRequest {
  readonly at: HostAddress;
  readonly password: string | undefined;
  readonly wanted: TargetSessionAttrs;
  readonly pipeline: boolean;
  readonly options: DialOptions;
  readonly signal: AbortSignal;
}

/** Over an open socket, up to a connection of the wanted kind. Rejects with a {@link ConnectError}; the socket is destroyed then. */
export async function talk(request: HostRequest, { socket, ip }: OpenSocket, attempt: TlsAttempt): Promise<Fresh> {
  const { at, options, signal } = request;
  const tls: TlsRequest | undefined =
    attempt.mode === "disable"
      ? undefined
      : { mode: attempt.mode, host: at.host, files: options.tls.files, direct: options.tls.direct };
  let encrypted: Socket | undefined;
  try {
    encrypted = tls && (await inPhase(at, "TLS", () => encrypt(socket, tls, signal)));
    if (tls !== undefined && encrypted === undefined && !attempt.optional)
      throw new ConnectError(at, "TLS", new Error("the server does not offer TLS"));
    return await authenticate(request, { socket: encrypted ?? socket, ip, tls: encrypted && tls });
  } catch (error) {
    encrypted?.destroy();
    socket.destroy();
    throw error;
  }
}

async function authenticate(
  request: HostRequest,
  opened: OpenSocket & { readonly tls: TlsRequest | undefined },
): Promise<Fresh> {
  const { at, options, signal, wanted, password, pipeline } = request;
  const { user, database, parameters, types, channelBinding } = options;
  const client = createClient(opened.socket, at, {
    ...{ user, database, password, parameters, types, pipeline },
    // Without TLS there is nothing to bind to, and to claim that we could looks to the server like somebody in between.
    channelBinding: opened.tls === undefined && channelBinding === "prefer" ? "disable" : channelBinding,
  });
  const role = new RoleWatch(client);
  await inPhase(at, "authentication", () => startUp(client, opened.socket, signal));
  const dialled = dialledOf({ client, at, role, ...opened });
  try {
    await inPhase(at, "role", () => unlessAborted(signal, () => checkRole(client, role, wanted)));
    return dialled;
  } catch (error) {
    dialled.destroy();
    throw error;
  }
}

async function checkRole(client: pg.Client, role: RoleWatch, wanted: TargetSessionAttrs): Promise<void> {
  if (wanted === "any") return;
  if (role.isReadOnly === undefined) await role.ask(client);
  const problem = misfit(role, wanted);
  if (problem !== undefined) throw new Error(problem);
}

/** Says of what `work` rejects with where and when it happened. */
export async function inPhase<T>(at: HostAddress, phase: ConnectPhase, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ConnectError(at, phase, error);
  }
}
