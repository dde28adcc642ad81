import { type HostAddress, describeHost, isSocketFolder } from "./address.js";
import { resolveHost } from "./resolve.js";
import { openFirst, openSocket } from "./socket.js";

/**
 * Asks a server for a sign of life without a session, so that it works where no more connections may be made: the question whether it speaks
 * TLS is answered with one byte, whatever the answer (protocol manual, "SSLRequest"). Rejects when nothing comes, and with the reason of `signal`.
 */
export async function ping(at: HostAddress, signal: AbortSignal): Promise<void> {
  const { socket } = isSocketFolder(at.host)
    ? await openSocket(at, undefined, signal)
    : await openFirst(at, await resolveHost(at.host, signal), signal);
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  socket.once("data", () => resolve(undefined));
  socket.once("error", reject);
  socket.once("close", () => reject(new Error(`host ${describeHost(at)} hung up on a question`)));
  const request = Buffer.alloc(8);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(80_877_103, 4);
  socket.write(request);
  try {
    signal.throwIfAborted();
    await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}
