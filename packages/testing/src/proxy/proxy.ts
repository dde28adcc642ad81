import type { Direction, FaultScope } from "./faults.js";
import type { ProxyConnection } from "./link.js";

export interface FaultProxyOptions {
  /** The server behind it, at a TCP port or a Unix socket. A test server fits. */
  readonly target: { readonly host?: string; readonly port: number } | { readonly path: string };
  /** Of the jitter. Default: at random; {@link FaultProxy.seed} tells it. */
  readonly seed?: number;
}

export interface ProxyStats {
  /** Connections that clients have opened so far, and how many of them are open. */
  readonly opened: number;
  readonly open: number;
  /** Bytes that were forwarded to the server, and to clients. */
  readonly bytes: Readonly<Record<Direction, number>>;
}

/**
 * A loopback TCP proxy whose faults are switched while it runs. Faults add up; {@link FaultProxy.heal} ends them all. What is named after
 * a Toxiproxy toxic does what that does.
 */
export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  /** The same for as long as the proxy lives. */
  readonly port: number;
  readonly seed: number;
  /** The connections that are open, in the order in which they came. */
  readonly connections: readonly ProxyConnection[];
  readonly stats: ProxyStats;
  /** A URL of the server, with the proxy's host and port in it. */
  url(serverUrl: string): string;

  /** Bytes arrive `ms` later, give or take `jitter`; they stay in order. Throughput is not limited. */
  latency(ms: number, options?: FaultScope & { readonly jitter?: number }): void;
  /** At most so many bytes per second. */
  bandwidth(bytesPerSecond: number, options?: FaultScope): void;
  /** Lets so many bytes pass in each connection, and then cuts it. @default cut "fin", direction "downstream" */
  limitData(bytes: number, options?: FaultScope & { readonly cut?: "fin" | "reset" }): void;
  /** Keeps bytes back, and the end of a stream, too: they arrive after {@link FaultProxy.heal}, as TCP would send them again. */
  stall(options?: FaultScope): void;
  /** Bytes vanish and sockets stay open. A connection that lost some stays silent for good, since its stream has a hole. */
  blackHole(options?: FaultScope): void;
  /** New connections are accepted, and then nothing: they are not forwarded, and never answered. */
  hang(): void;
  /** New connections are refused, since nobody listens. Open ones go on. */
  refuse(): Promise<void>;

  /** An RST to both sides of every open connection, once. */
  reset(): void;
  /** A FIN to both sides of every open connection, once. */
  fin(): void;
  /** The server loses every open connection, its clients are not told and wait for answers that never come. Once. */
  halfOpen(): void;
  /** {@link FaultProxy.reset}, every so many ms. */
  storm(everyMs: number): void;

  /** Ends all faults: the port is open again, bytes flow, and what was kept back arrives. */
  heal(): Promise<void>;
}
