import { connect, type Socket } from "node:net";
import { type HostAddress, isSocketFolder, socketPath } from "./address.js";
import { inlet } from "./inlet.js";

/** Before the next address of the same host is tried beside the first one (RFC 8305 proposes 250 ms). */
const NEXT_ADDRESS_AFTER = 250;

/** An open socket, and the address that answered. */
export interface OpenSocket {
  readonly socket: Socket;
  readonly ip: string | undefined;
}

/** A socket to one address, or to a Unix socket when `ip` is undefined. At abort it is destroyed at once. */
export function openSocket(at: HostAddress, ip: string | undefined, signal: AbortSignal): Promise<OpenSocket> {
  signal.throwIfAborted();
  const onread = inlet(() => socket);
  const socket: Socket =
    ip === undefined && isSocketFolder(at.host)
      ? connect({ path: socketPath(at), onread })
      : connect({ host: ip ?? at.host, port: at.port, noDelay: true, onread });
  const { promise, resolve, reject } = Promise.withResolvers<OpenSocket>();
  const onAbort = (): void => {
    socket.destroy();
    reject(signal.reason);
  };
  // Stays for good: an error of a socket that nobody waits for any more must not end the process.
  socket.on("error", reject);
  socket.once("connect", () => resolve({ socket, ip }));
  signal.addEventListener("abort", onAbort, { once: true });
  return promise.finally(() => signal.removeEventListener("abort", onAbort));
}

/** The first of several addresses that answers; the next is tried when one refuses or takes too long, and the losers are destroyed. */
export async function openFirst(at: HostAddress, ips: readonly string[], signal: AbortSignal): Promise<OpenSocket> {
  const [only] = ips;
  if (ips.length === 1) return openSocket(at, only, signal);
  const race = new AbortController();
  const onAbort = (): void => race.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await firstOf(at, ips, race);
  } finally {
    signal.removeEventListener("abort", onAbort);
    race.abort();
  }
}

function firstOf(at: HostAddress, ips: readonly string[], race: AbortController): Promise<OpenSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<OpenSocket>();
  const failures: unknown[] = [];
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  const tryNext = (): void => {
    clearTimeout(timer);
    if (next >= ips.length || race.signal.aborted) return;
    const ip = ips[next++];
    timer = setTimeout(tryNext, NEXT_ADDRESS_AFTER);
    openSocket(at, ip, race.signal).then(
      (opened) => {
        clearTimeout(timer);
        // Two may answer in one turn of the loop.
        if (race.signal.aborted) opened.socket.destroy();
        else resolve(opened);
        race.abort(); // no longer heard by the winner
      },
      (error: unknown) => {
        failures.push(error);
        if (failures.length === ips.length || race.signal.aborted) {
          clearTimeout(timer);
          reject(race.signal.aborted ? race.signal.reason : new AggregateError(failures));
        } else tryNext();
      },
    );
  };
  tryNext();
  return promise;
}
