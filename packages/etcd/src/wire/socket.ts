import { connect, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";

/** Where one member listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What TLS is asked of; certificates as content. */
export type TlsSettings = Pick<
  ConnectionOptions,
  "ca" | "cert" | "key" | "passphrase" | "servername" | "rejectUnauthorized"
>;

export function describeEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
}

/** A socket to an endpoint, encrypted and verified where `tls` says so. At abort it is destroyed, however far it had come. */
export async function openSocket(at: Endpoint, tls: TlsSettings | undefined, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connect({ host: at.host, port: at.port, noDelay: true });
  await until(socket, socket, "connect", signal);
  if (tls === undefined) return socket;
  const secure = await start(socket, at, tls);
  await until(secure, socket, "secureConnect", signal);
  if (secure.alpnProtocol === "h2") return secure;
  secure.destroy();
  throw new Error(`${describeEndpoint(at)} does not speak HTTP/2, which gRPC needs`);
}

async function start(
  socket: Socket,
  at: Endpoint,
  { servername, ...tls }: TlsSettings,
): Promise<ReturnType<typeof connectTls>> {
  const name = servername ?? at.host;
  try {
    return connectTls({
      ...tls,
      socket,
      host: name, // what a certificate has to name, an IP address too
      ...(!/^[\d.]+$|:/.test(name) && { servername: name }), // SNI takes no IP address (RFC 6066)
      ALPNProtocols: ["h2"],
    });
  } catch (error) {
    socket.destroy(); // certificates that are none
    throw error;
  }
}

function until(socket: Socket, under: Socket, event: "connect" | "secureConnect", signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      under.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const onClose = (): void => fail(new Error("the server closed the connection"));
    signal.addEventListener("abort", onAbort, { once: true });
    // Stays for good: an error of a socket that nobody waits for any more must not end the process.
    socket.on("error", fail);
    socket.once("close", onClose);
    socket.once(event, () => {
      signal.removeEventListener("abort", onAbort);
      socket.off("close", onClose);
      resolve();
    });
  });
}
