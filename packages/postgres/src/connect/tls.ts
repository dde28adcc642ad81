import { isIP, type Socket } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";

/** What is asked of TLS, in libpq's words; `allow` and `prefer` protect against nobody who can change the traffic. */
export type SslMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";
export const SSL_MODES: readonly SslMode[] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/** Certificates and the like for TLS, as `node:tls` takes them. Files are read by the caller. */
export type TlsFiles = Pick<
  ConnectionOptions,
  "ca" | "cert" | "key" | "passphrase" | "pfx" | "crl" | "servername" | "minVersion" | "maxVersion" | "ciphers"
>;

/** How one connection is encrypted. */
export interface TlsRequest {
  readonly mode: Exclude<SslMode, "disable">;
  readonly host: string;
  readonly files: TlsFiles;
  /** The handshake comes first, and nobody is asked whether there is TLS. */
  readonly direct: boolean;
}

/** How TLS begins: after the server was asked for it, or at once (PostgreSQL 17). */
export type SslNegotiation = "postgres" | "direct";
export const SSL_NEGOTIATIONS: readonly SslNegotiation[] = ["postgres", "direct"];

/** What is spoken inside, as the handshake names it. */
const PROTOCOL = "postgresql";

// Length and code of an SSLRequest (protocol manual, "SSL Session Encryption").
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Asks for TLS, unless it begins at once, and does the handshake; undefined when the server has none. Destroys the socket and rejects at abort and when verification fails. */
export async function encrypt(
  socket: Socket,
  request: TlsRequest,
  signal: AbortSignal,
): Promise<TLSSocket | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket | undefined>();
  let secure: TLSSocket | undefined;
  const fail = (error: unknown): void => {
    secure?.destroy();
    socket.destroy();
    reject(error instanceof Error ? error : new Error(String(error)));
  };
  const onAbort = (): void => fail(signal.reason);
  const onClose = (): void => fail(new Error("the server closed the connection"));
  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  socket.once("close", onClose);
  socket.once("error", fail);
  const shakeHands = (): void => {
    try {
      secure = connect({ ...tlsOptions(request), socket });
    } catch (error) {
      return fail(error); // files that are none
    }
    secure.once("error", fail);
    secure.once("secureConnect", () => {
      if (request.direct && secure?.alpnProtocol !== PROTOCOL) fail(new Error(NOT_DIRECT));
      else resolve(secure);
    });
  };
  if (request.direct) shakeHands();
  else {
    socket.once("data", (answer: Buffer) => {
      const problem = problemOf(answer);
      if (problem !== undefined) fail(new Error(problem));
      else if (answer[0] === NO) resolve(undefined);
      else shakeHands();
    });
    socket.write(SSL_REQUEST);
  }
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.off("close", onClose);
    socket.off("error", fail);
    // Stays for good: an error that comes when nobody waits any more must not end the process.
    secure?.on("error", () => undefined);
  }
}

// As libpq: otherwise the bytes might be meant for a server of another kind.
const NOT_DIRECT =
  'the server does not name the protocol "postgresql" in its handshake, which sslnegotiation "direct" asks for';

const YES = 0x53;
const NO = 0x4e;

// More than one byte is not from the server, which waits for the handshake: somebody slips in what would be read as if it were encrypted (CVE-2021-23222).
function problemOf(answer: Buffer): string | undefined {
  if (answer.length !== 1) return "the server answered the request for TLS with more than one byte";
  return answer[0] === YES || answer[0] === NO ? undefined : "the server does not understand the request for TLS";
}

function tlsOptions({ mode, host, files, direct }: TlsRequest): ConnectionOptions {
  const servername = files.servername ?? host;
  // As libpq: with certificates to check against, `require` checks them too.
  const verified = mode === "verify-ca" || mode === "verify-full" || (mode === "require" && files.ca !== undefined);
  return {
    ...files,
    ...(direct && { ALPNProtocols: [PROTOCOL] }),
    host: servername, // what a certificate has to name, an IP address too
    servername: isIP(servername) === 0 ? servername : "", // SNI takes no IP address (RFC 6066)
    rejectUnauthorized: verified,
    ...(mode !== "verify-full" && { checkServerIdentity: () => undefined }),
  };
}
