import { type Socket } from "node:net";
import type pg from "pg";
import { unlessAborted, within } from "./aborts.js";
import { type HostAddress } from "./address.js";
import { ConnectError, type ConnectPhase, noAnswer, noneOf } from "./connect-error.js";
import { type DialOptions } from "./dial-options.js";
import { type Dialled, dialledOf } from "./dialled.js";
import { type DialRequest } from "./dialer.js";
import { resolveHost } from "./resolve.js";
import { misfit, RoleWatch, type TargetSessionAttrs } from "./role.js";
import { openFirst, openSocket, type OpenSocket } from "./socket.js";
import { createClient, startUp } from "./startup.js";
import { encrypt, type TlsRequest } from "./tls.js";
import { attemptsOf, type TlsAttempt } from "./tls-attempts.js";

/** One host, and what to do there. */
export interface HostRequest extends DialRequest {
  readonly at: HostAddress;
  readonly password: string | undefined;
  readonly wanted: TargetSessionAttrs;
  readonly options: DialOptions;
}

/** One connection to one host, at whichever of its addresses gives one. Rejects with a {@link ConnectError} or several. @param share ms that it may take */
export async function dialHost(request: HostRequest, share: number): Promise<Dialled> {
  const { at, signal } = request;
  const deadline = performance.now() + share;
  let left = await inPhase(at, "name lookup", () => resolveHost(at.host, signal));
  if (left.length === 0) return dialAddress(request, left, () => undefined);
  const failures: Error[] = [];
  while (left.length > 0) {
    const ips = left;
    let answered: string | undefined;
    const dial = (inner: AbortSignal): Promise<Dialled> =>
      dialAddress({ ...request, signal: inner }, ips, (ip) => (answered = ip));
    const ms = (deadline - performance.now()) / ips.length;
    try {
      return await (ips.length === 1 ? dial(signal) : within(signal, ms, () => noAnswer(ms), dial));
    } catch (error) {
      failures.push(error as Error); // dialAddress rejects with nothing else
      // None has answered: all were tried. A server that spoke to us would say the same at its other addresses.
      if (signal.aborted || answered === undefined || !isOfThisAddress(error)) break;
      left = ips.filter((ip) => ip !== answered);
    }
  }
  throw noneOf(failures);
}

async function dialAddress(
  request: HostRequest,
  ips: readonly string[],
  answered: (ip: string) => void,
): Promise<Dialled> {
  const { at, options, signal } = request;
  let candidates = ips;
  const open = async (): Promise<OpenSocket> => {
    const opened = await inPhase(at, "connect", () =>
      candidates.length === 0 ? openSocket(at, undefined, signal) : openFirst(at, candidates, signal),
    );
    if (opened.ip !== undefined) {
      candidates = [opened.ip];
      answered(opened.ip);
    }
    if (options.keepAlive !== Infinity) opened.socket.setKeepAlive(true, options.keepAlive);
    return opened;
  };
  const first = await open();
  const [attempt, fallback] = attemptsOf(options.tls, at.host, first.ip);
  try {
    return await talk(request, first, attempt);
  } catch (error) {
    if (fallback === undefined || signal.aborted || !isAboutTls(error)) throw error;
    return talk(request, await open(), fallback);
  }
}

// Over an open socket, up to a connection that is of the wanted kind.
async function talk(request: HostRequest, opened: OpenSocket, attempt: TlsAttempt): Promise<Dialled> {
  const { at, options, signal, password, wanted } = request;
  const tls: TlsRequest | undefined =
    attempt.mode === "disable" ? undefined : { mode: attempt.mode, host: at.host, files: options.tls.files };
  const encrypted = tls && (await inPhase(at, "TLS", () => encrypt(opened.socket, tls, signal)));
  if (tls !== undefined && encrypted === undefined && !attempt.optional) {
    opened.socket.destroy();
    throw new ConnectError(at, "TLS", new Error("the server does not offer TLS"));
  }
  const socket: Socket = encrypted ?? opened.socket;
  const { user, database, parameters, types } = options;
  const client = createClient(socket, at, {
    ...{ user, database, password, parameters, types },
    pipeline: request.pipeline === true,
    // Without TLS there is nothing to bind to, and saying that we could would be refused by a server that could too.
    channelBinding: encrypted === undefined && options.channelBinding === "prefer" ? "disable" : options.channelBinding,
  });
  const role = new RoleWatch(client);
  await inPhase(at, "authentication", () => startUp(client, socket, signal));
  const dialled = dialledOf({ client, socket, at, ip: opened.ip, tls: encrypted && tls, role }, (cause) =>
    request.lost(cause),
  );
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

async function inPhase<T>(at: HostAddress, phase: ConnectPhase, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ConnectError(at, phase, error);
  }
}

// The same server may be reached at another address, or another one may answer there.
function isOfThisAddress(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  const isServerSpeaking = error.phase === "authentication" && /^[0-9A-Z]{5}$/.test(error.code ?? "");
  return !isServerSpeaking || error.code?.startsWith("57P") === true;
}

// As libpq: the handshake failed, or pg_hba.conf has no line for a connection of this kind.
function isAboutTls(error: unknown): boolean {
  return error instanceof ConnectError && (error.phase === "TLS" || error.code === "28000");
}
