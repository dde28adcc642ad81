import { within } from "./within.js";
import { ConnectError, isRefusal, noAnswer, noneOf, isSqlstate } from "./connect-error.js";
import { type Fresh } from "./dialled.js";
import { type HostRequest, inPhase, talk } from "./talk.js";
import { resolveHost } from "./resolve.js";
import { openFirst, openSocket, type OpenSocket } from "./socket.js";
import { attemptsOf } from "./tls-attempts.js";

/** One connection to one host, at whichever of its addresses gives one. Rejects with a {@link ConnectError} or several. @param share ms that it may take */
export async function dialHost(request: HostRequest, share: number): Promise<Fresh> {
  const { at, signal } = request;
  const deadline = performance.now() + share;
  let left = await inPhase(at, "name lookup", () => resolveHost(at.host, signal));
  if (left.length === 0) return dialAddress(request, left, () => undefined);
  const failures: Error[] = [];
  while (left.length > 0) {
    const ips = left;
    let answered: string | undefined;
    const dial = (inner: AbortSignal): Promise<Fresh> =>
      dialAddress({ ...request, signal: inner }, ips, (ip) => (answered = ip));
    const ms = (deadline - performance.now()) / ips.length;
    try {
      return await (ips.length === 1 ? dial(signal) : within(signal, ms, () => noAnswer(ms), dial));
    } catch (error) {
      if (isRefusal(error)) throw error;
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
): Promise<Fresh> {
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

// The same server may be reached at another address, or another one may answer there.
function isOfThisAddress(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  const isServerSpeaking = error.phase === "authentication" && isSqlstate(error.code);
  return !isServerSpeaking || error.code.startsWith("57P");
}

// As libpq: the handshake failed, or pg_hba.conf has no line for a connection of this kind.
function isAboutTls(error: unknown): boolean {
  return error instanceof ConnectError && (error.phase === "TLS" || error.code === "28000");
}
