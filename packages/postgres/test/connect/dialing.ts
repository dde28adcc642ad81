import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type PostgresServer } from "@pool/testing";
import { createDialer, type Dialled, type TargetSessionAttrs } from "../../src/connect/dialer.js";
import { type DialOptions, type RawConnectOptions, readConnectOptions } from "../../src/connect/dial-options.js";

/** Resolved options, which must be without problems. */
export function optionsOf(raw: RawConnectOptions): DialOptions {
  const { options, problems } = readConnectOptions(raw);
  if (problems.length > 0) throw new Error(problems.join("; "));
  return options;
}

/** What it takes to reach a server by its address and not by its URL. */
export function to({ host, port, user, password, database }: PostgresServer): RawConnectOptions {
  return { host, port, user, password, database };
}

/** One connection and what was told of its loss. */
export async function dial(
  raw: RawConnectOptions,
  wanted?: TargetSessionAttrs,
  signal: AbortSignal = AbortSignal.timeout(10_000),
): Promise<Dialled & { readonly losses: readonly unknown[] }> {
  const losses: unknown[] = [];
  const dialled = await createDialer(optionsOf(raw), wanted).dial({ signal, lost: (cause) => void losses.push(cause) });
  return Object.defineProperty(dialled, "losses", { value: losses }) as Dialled & { losses: readonly unknown[] };
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { readonly code?: unknown }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`rejected with ${String(error)}`, { cause: error });
  }
  throw new Error("was expected to reject");
}

/** Resolves when `holds` does; rejects after 5 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("did not come about within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * An address where connects get no answer at all, as behind a firewall that drops them: its listener stands still, and the few connects that the
 * kernel takes in its place have been made.
 */
export async function blackHole(host: string, port: number): Promise<AsyncDisposable> {
  const program = `require("node:net").createServer().listen({ host: ${JSON.stringify(host)}, port: ${String(port)}, backlog: 1 }, () => console.log("listens"))`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGSTOP");
  const sockets: Socket[] = [];
  for (let answered = true; answered;) {
    const socket = connect(port, host).on("error", () => undefined);
    sockets.push(socket);
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), 200));
    answered = await Promise.race([once(socket, "connect").then(() => true), late]);
  }
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

/** A peer that listens and then does as it is told: the faults that no real server makes. */
export async function listen(
  behave: (socket: Socket) => void,
  host = "127.0.0.1",
  port = 0,
): Promise<{ port: number; server: Server; sockets: Set<Socket>; [Symbol.asyncDispose](): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    behave(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    server,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
