import { setTimeout as sleep } from "node:timers/promises";
import { type IWatchCreateRequest } from "etcd3";
import { isPoolError } from "@pool/core";
import { type Calls } from "../calls/calls.js";
import { callFailed, wantsLogin } from "../calls/failures.js";
import { type Tokens } from "../calls/tokens.js";
import { type Channel } from "../channel/channel.js";
import { KeyValues } from "../kv/kv.js";
import { type Keyspace, type Selection } from "../kv/keyspace.js";
import { type Found } from "../kv/results.js";
import { type EtcdConnection } from "../wire/connection.js";
import { RpcError, type RpcStatus } from "../wire/rpc-error.js";
import { type WatchOptions } from "./events.js";
import { type Watch } from "./watch.js";
import { WatchStream, type WatchStreamOptions } from "./watch-stream.js";

export interface WatchSourceParts {
  readonly calls: Calls;
  readonly channel: Channel;
  readonly tokens: Tokens;
  readonly keyspace: Keyspace;
  readonly callTimeout: number;
}

/** What may be over at the next attempt. */
const PASSING: readonly RpcStatus[] = [
  "UNAVAILABLE",
  "CANCELLED",
  "DEADLINE_EXCEEDED",
  "INTERNAL",
  "UNKNOWN",
  "ABORTED",
];
const PASSING_CODES: readonly string[] = ["UNAVAILABLE", "COMMAND_TIMEOUT", "QUEUE_FULL"];

/** What one watch watches, and what it stands on. */
export class WatchSource {
  readonly calls: Calls;
  readonly channel: Channel;
  readonly tokens: Tokens;
  readonly keyspace: Keyspace;
  readonly request: IWatchCreateRequest;
  readonly snapshot: boolean;
  readonly fromRevision: bigint | undefined;
  readonly signal: AbortSignal | undefined;
  /** Told once, at the watch's end. */
  readonly ended: (watch: Watch) => void;
  readonly #keys: Selection;
  readonly #values: KeyValues;

  constructor(parts: WatchSourceParts, keys: Selection, options: WatchOptions, ended: (watch: Watch) => void) {
    const { calls, channel, tokens, keyspace, callTimeout } = parts;
    const { only, previous } = options;
    this.calls = calls;
    this.channel = channel;
    this.tokens = tokens;
    this.keyspace = keyspace;
    this.#keys = keys;
    this.#values = new KeyValues(calls, keyspace, callTimeout);
    this.request = {
      ...keyspace.range("watch", keys),
      ...(previous === true && { prev_kv: true }),
      ...(only !== undefined && { filters: [only === "put" ? "Nodelete" : "Noput"] }),
    };
    this.snapshot = options.snapshot ?? false;
    this.fromRevision = options.fromRevision;
    this.signal = options.signal;
    this.ended = ended;
  }

  /** All that is there now. */
  all(signal: AbortSignal): Promise<Found> {
    return this.#values.getAll(this.#keys, { signal });
  }

  /** The connection, as soon as there is one: a watch waits for as long as it takes. */
  async connection(signal: AbortSignal): Promise<EtcdConnection> {
    const { channel } = this;
    for (;;) {
      signal.throwIfAborted();
      if (channel.current !== undefined) return channel.current;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const changed = (): void => resolve(undefined);
      const forget = channel.onChange(changed);
      signal.addEventListener("abort", changed, { once: true });
      channel.pursue();
      await promise;
      forget();
      signal.removeEventListener("abort", changed);
    }
  }

  /** What proves on this connection who watches. Rejects when another connection takes its place meanwhile. */
  async token(connection: EtcdConnection, signal: AbortSignal): Promise<string | undefined> {
    const { ready } = this.tokens;
    if (ready !== undefined) return ready.token;
    const moved = new AbortController();
    const stop = this.channel.onMove((left) => {
      if (left === connection) moved.abort(new Error("another connection took its place"));
    });
    try {
      return await this.tokens.fetch(connection, AbortSignal.any([signal, moved.signal]));
    } finally {
      stop();
    }
  }

  /** Watches on one connection, from a revision on. @throws RpcError when the connection takes no more */
  open(
    connection: EtcdConnection,
    token: string | undefined,
    next: bigint | undefined,
    told: Pick<WatchStreamOptions, "created" | "changes">,
  ): WatchStream {
    const from = next === undefined ? {} : { start_revision: next.toString() };
    const request = { ...this.request, ...from, progress_notify: true };
    return new WatchStream({ connection, token, protocol: this.calls.protocol, request, ...told });
  }

  /** To a watch, etcd 3.4 calls a login that has ended a permission denied. */
  wantsLogin(error: unknown): boolean {
    return error instanceof RpcError && (wantsLogin(error) || error.status === "PERMISSION_DENIED");
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined); // the caller looks at its signal
  }

  /** The error to end with; undefined for one that may pass. */
  fatal(error: unknown): unknown {
    if (error instanceof RpcError)
      return PASSING.includes(error.status) ? undefined : callFailed(this.calls.name, "WATCH", error);
    if (isPoolError(error)) return PASSING_CODES.includes(error.code) ? undefined : error;
    return undefined;
  }
}
