import { type Socket } from "node:net";
import pg from "pg";
import { type HostAddress } from "./address.js";
import { tapAnswers } from "./tap-answers.js";
import { type ChannelBinding } from "./url-parameters.js";

/** What the server is told and asked for at the start of a connection. */
export interface StartupRequest {
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
  /** Startup parameters: application_name and settings. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly types: pg.CustomTypesConfig | undefined;
  readonly pipeline: boolean;
  readonly channelBinding: ChannelBinding;
}

/** What pg's client has and its types do not tell. */
interface Internals {
  getStartupConf(): Record<string, string>;
  connectionParameters: { password: unknown };
  password: unknown;
}

/** Makes a client that will speak over this socket, which is open, and encrypted where it shall be. */
export function createClient(socket: Socket, at: HostAddress, request: StartupRequest): pg.Client {
  const { user, database, password, parameters, types, pipeline, channelBinding } = request;
  const client = new pg.Client({
    ...EXPLICIT,
    user,
    database,
    host: at.host,
    port: at.port,
    // Always a function: pg would look for PGPASSWORD and a pgpass file in place of an empty one.
    password: () => {
      if (password === undefined) throw new Error("the server asks for a password, and none is set");
      return password;
    },
    enableChannelBinding: channelBinding !== "disable",
    stream: () => opened(socket),
    pipeline,
    ...(types !== undefined && { types }),
  });
  // pg knows few startup parameters and takes some of them from the environment.
  (client as unknown as Internals).getStartupConf = () => ({ user, database, ...parameters });
  if (channelBinding === "require") refuseUnbound(client);
  return client;
}

/** Authenticates. Rejects with pg's own error, or the reason of the signal at once; the socket is destroyed then. */
export function startUp(client: pg.Client, socket: Socket, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const fail = (error: unknown): void => {
    reject(error instanceof Error ? error : new Error(String(error)));
    socket.destroy();
  };
  const onAbort = (): void => fail(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  // Stays for good: what is lost while idle must not end the process.
  client.on("error", fail);
  client.connect((error: Error | null) => {
    if (error !== null) return fail(error);
    forgetPassword(client);
    resolve(undefined);
  });
  tapAnswers(client, socket);
  return promise.finally(() => signal.removeEventListener("abort", onAbort));
}

// What is left out here, pg takes from the environment (PGSSLMODE, PGSSLNEGOTIATION, PGCONNECT_TIMEOUT …).
const EXPLICIT = {
  ssl: false,
  sslnegotiation: "postgres",
  client_encoding: "utf8",
  connectionTimeoutMillis: 0,
} as const;

// pg calls connect() on the stream it is given and waits for the event; this one is connected already.
function opened(socket: Socket): Socket {
  socket.connect = () => {
    process.nextTick(() => socket.emit("connect"));
    return socket;
  };
  return socket;
}

// Before the password, or anything made from it, is sent: who asks for it in another way may not be the server.
function refuseUnbound(client: pg.Client): void {
  const { connection } = client;
  let isOffered = false;
  let isProven = false;
  const refuse = (): void => {
    connection.emit(
      "error",
      new Error('the server does not bind the password to TLS, and channelBinding is "require"'),
    );
  };
  connection.on("authenticationSASL", ({ mechanisms }: { readonly mechanisms: readonly string[] }) => {
    isOffered = mechanisms.includes("SCRAM-SHA-256-PLUS");
    if (!isOffered) refuse();
  });
  // pg checks the server's own proof, which comes with this message.
  connection.on("authenticationSASLFinal", () => (isProven = isOffered));
  connection.on("authenticationCleartextPassword", refuse);
  connection.on("authenticationMD5Password", refuse);
  connection.on("authenticationOk", () => {
    if (!isProven) refuse();
  });
}

// It has done its work: nobody who prints or walks the client shall find it.
function forgetPassword(client: pg.Client): void {
  const internals = client as unknown as Internals;
  internals.password = null;
  internals.connectionParameters.password = null;
}
