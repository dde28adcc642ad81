import { once } from "node:events";
import { describeHost, type HostAddress } from "./address.js";
import { resolveHost } from "./resolve.js";
import { openFirst, openSocket } from "./socket.js";
import { isSocketFolder } from "./address.js";

/**
 * Asks a server for a sign of life without a session, so that it works where no more connections may be made: the question whether it speaks
 * TLS is answered with one byte, whatever the answer (protocol manual, "SSLRequest").
 */
export async function ping(at: HostAddress, signal: AbortSignal): Promise<void> {
  const { socket } = isSocketFolder(at.host)
    ? await openSocket(at, undefined, signal)
    : await openFirst(at, await resolveHost(at.host, signal), signal);
  try {
    const request = Buffer.alloc(8);
    request.writeInt32BE(8, 0);
    request.writeInt32BE(80_877_103, 4);
    socket.write(request);
    const closed = new AbortController();
    socket.once("close", () => closed.abort(new Error(`host ${describeHost(at)} hung up`)));
    await once(socket, "data", { signal: AbortSignal.any([signal, closed.signal]) });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
  } finally {
    socket.destroy();
  }
}
