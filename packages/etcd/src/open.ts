import { isPoolError, type OpenContext, PoolError, systemClock } from "@pool/core";
import { Calls } from "./calls/calls.js";
import { Tokens } from "./calls/tokens.js";
import { Channel } from "./channel/channel.js";
import { checkHealth } from "./check.js";
import { type EtcdClient } from "./client.js";
import { askStatus } from "./connect/ask-status.js";
import { dialMember } from "./connect/dial.js";
import { warnOfUnverified } from "./connect/tls-options.js";
import { Keyspace, toBuffer } from "./kv/keyspace.js";
import { Leases } from "./lease/leases.js";
import { Locks } from "./lock/locks.js";
import { OpenedClient } from "./opened-client.js";
import { type ResolvedEtcdOptions } from "./options.js";
import { Watches } from "./watch/watches.js";
import { loadProtocol } from "./wire/protocol.js";
import { describeEndpoint } from "./wire/socket.js";

/** Everything behind one client, from its opening to its end. */
export interface OpenedEtcd {
  readonly client: EtcdClient;
  readonly connections: number;
  readonly gauges: Readonly<Record<string, number>>;
  /** One read that needs a majority. */
  check(signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves when a connection stands, or rejects. */
  reconnect(signal: AbortSignal): Promise<void>;
  close(timeout: number): Promise<void>;
}

/** Leases are revoked also where nothing else is waited for, in ms. */
const REVOKE_WITHIN = 500;

/** Makes the client and, unless `lazy`, connects and proves it. Rejects with the reason, and leaves nothing open. */
export async function openEtcd(context: OpenContext, options: ResolvedEtcdOptions): Promise<OpenedEtcd> {
  const { name, signal } = context;
  const protocol = await loadProtocol();
  signal.throwIfAborted();
  warnOfUnverified(options.tls, options.endpoints);
  const tls = options.secure ? options.tls : undefined;
  const channel: Channel = new Channel({
    ...options,
    name,
    clock: systemClock,
    random: Math.random,
    dial: (endpoint, given) => dialMember(endpoint, { tls, protocol, channel: () => channel }, given),
    ask: (connection, given) => askStatus(connection, protocol, given),
    lost: (cause) => context.lost(cause),
    recovered: () => context.recovered(),
  });
  const tokens = new Tokens(options.login, protocol);
  const calls = new Calls({ ...options, name, channel, protocol, tokens });
  const leases = new Leases(calls, options.callTimeout);
  const watches = new Watches();
  const client = new OpenedClient({
    calls,
    channel,
    tokens,
    leases,
    watches,
    locks: new Locks(),
    callTimeout: options.callTimeout,
    keyspace: new Keyspace(toBuffer("etcd: namespace", options.namespace)),
  });
  const close = async (timeout: number): Promise<void> => {
    const until = performance.now() + timeout;
    calls.refuse();
    await client.end(Math.max(timeout, REVOKE_WITHIN));
    await calls.close(until - performance.now());
    tokens.close();
    await channel.close();
  };
  const opened: OpenedEtcd = {
    client,
    get connections() {
      return channel.connections;
    },
    get gauges() {
      return { inFlight: calls.inFlight, queued: calls.waiting, watches: watches.size, leases: leases.size };
    },
    async check(given) {
      await checkHealth(calls, options.callTimeout, given);
      const at = channel.current?.endpoint;
      return at === undefined ? {} : { endpoint: describeEndpoint(at) };
    },
    async reconnect(given) {
      channel.pursue();
      await checkHealth(calls, options.callTimeout, given);
    },
    close,
  };
  if (options.lazy) return opened;
  try {
    // Members are tried beside one another when they are slow, so that this is time for all of them.
    await checkHealth(calls, options.dialTimeout + 250 * (options.endpoints.length - 1), signal);
    return opened;
  } catch (error) {
    await close(0);
    throw connectFailed(name, error);
  }
}

/** In the words of a connect: the reason, without what was waited for. */
function connectFailed(name: string, error: unknown): unknown {
  if (!isPoolError(error)) return error;
  if (error.code !== "COMMAND_TIMEOUT" && error.code !== "UNAVAILABLE") return error;
  const code = error.code === "UNAVAILABLE" ? "CONNECT_FAILED" : "CONNECT_TIMEOUT";
  const { cause = error } = error;
  const message = `connector ${JSON.stringify(name)} (etcd) could not connect: ${error.message}`;
  return new PoolError(code, message, { cause, details: { connector: name, kind: "etcd" } });
}
