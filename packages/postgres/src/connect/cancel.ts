import { type Socket } from "node:net";
import { type HostAddress } from "./address.js";
import { openSocket } from "./socket.js";
import { encrypt, type TlsRequest } from "./tls.js";

/** The very server, and how to speak to it. */
export interface CancelTarget {
  readonly at: HostAddress;
  readonly ip: string | undefined;
  readonly tls: TlsRequest | undefined;
  readonly processId: number;
  readonly secretKey: number;
}

/**
 * Asks the server to cancel what a connection runs, on a socket of its own. Resolves when the server has closed that socket, which is when the
 * request has been handed on: then no statement that is sent later can be hit.
 */
export async function sendCancel(target: CancelTarget, signal: AbortSignal): Promise<void> {
  const { socket } = await openSocket(target.at, target.ip, signal);
  try {
    const secure = target.tls === undefined ? socket : await encrypt(socket, target.tls, signal);
    if (secure === undefined) throw new Error("the server has TLS for the connection and none for its cancel request");
    await untilClosed(secure, cancelRequest(target), signal);
  } finally {
    socket.destroy();
  }
}

function untilClosed(socket: Socket, request: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const onAbort = (): void => {
    reject(signal.reason);
    socket.destroy();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  socket.on("error", reject);
  socket.once("close", () => resolve(undefined));
  socket.resume(); // nothing comes but the end, which is only seen by who reads
  socket.write(request);
  return promise.finally(() => signal.removeEventListener("abort", onAbort));
}

// Length, code, process and secret (protocol manual, "CancelRequest").
function cancelRequest({ processId, secretKey }: CancelTarget): Buffer {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(80_877_102, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  return request;
}
