import { connect, type ClientHttp2Session } from "node:http2";
import { describeEndpoint, type Endpoint, openSocket, type TlsSettings } from "./socket.js";

/** How much a server may send ahead, per call and in all: with 64 KiB, HTTP/2's default, it would wait for us at each larger answer. */
const WINDOW = 1 << 20;
const WINDOW_IN_ALL = 1 << 23;
/** In MB. Node ends calls beyond 10 unless told otherwise; what bounds memory here is the number of calls. */
const SESSION_MEMORY = 1 << 10;

/** Connects, encrypts and greets. At abort it rejects and leaves nothing open. */
export async function openSession(
  endpoint: Endpoint,
  tls: TlsSettings | undefined,
  signal: AbortSignal,
): Promise<ClientHttp2Session> {
  const socket = await openSocket(endpoint, tls, signal);
  const session = connect(`${tls === undefined ? "http" : "https"}://${describeEndpoint(endpoint)}`, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: WINDOW },
    maxSessionMemory: SESSION_MEMORY,
  });
  await greeted(session, signal);
  session.setLocalWindowSize(WINDOW_IN_ALL);
  return session;
}

/** Until the server has sent its settings, which is the first that it says. */
function greeted(session: ClientHttp2Session, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      session.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const onClose = (): void => fail(new Error("the server closed the connection before it said anything"));
    signal.addEventListener("abort", onAbort, { once: true });
    session.on("error", fail); // stays for good
    session.once("close", onClose);
    session.once("remoteSettings", () => {
      signal.removeEventListener("abort", onAbort);
      session.off("close", onClose);
      if (signal.aborted) fail(signal.reason);
      else resolve();
    });
  });
}
