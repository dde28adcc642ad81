import type { Classify, ErrorClass } from "../error-class.js";
import type { Health, KnownHealth } from "./health.js";
import type { ConnectorState } from "./state-machine.js";

/** The long-lived, named, health-checked handle to one backend. Making one does no I/O. */
export interface Connector<out C = unknown> extends AsyncDisposable {
  /** The name it is registered under, or its `name` option, or its kind. */
  readonly name: string;
  readonly kind: string;
  readonly state: ConnectorState;
  /** There is a client and its backend is believed to serve: the state is `ready`. While it is not, `client` may be there all the same, and mend itself. */
  readonly isConnected: boolean;
  /** Whether the program can do without it; see {@link SupervisionOptions}. One written by hand that does not say is critical. */
  readonly critical?: boolean;
  /** What is known of the backend, without asking it: undefined while nothing is. */
  readonly health?: KnownHealth | undefined;
  /** The options in force, frozen, with every secret replaced. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where it connects, as whom and how: equal for two connectors that may share. Holds credentials only as a keyed hash. */
  readonly key: string;
  /**
   * The same object from connect to disconnect, through every outage between: clients mend themselves.
   * @throws PoolError `NOT_CONNECTED` before connect, after disconnect, and after a first connect that failed, with its reason as cause
   */
  readonly client: C;
  /** How many connections it has open now, where the adapter can tell; 0 while it is not connected. */
  readonly connections?: number | undefined;
  /** Numbers of the moment that are no pool's, by name: `{ inFlight: 3, queued: 0 }`. Empty while it is not connected. */
  readonly gauges?: Readonly<Record<string, number>>;
  /** What kind of trouble an error of this backend tells of. Never throws. */
  classify?(error: unknown): ErrorClass;
  /**
   * Idempotent: resolves at once where there is a client, whatever its state. Concurrent calls share one attempt; a failed one may be tried again.
   * Right after `disconnect` it waits for what drains.
   * @throws PoolError `CONNECT_FAILED` with the backend's reason, or the adapter's own code for it (`ACCESS_DENIED`), `CONNECT_TIMEOUT`, `NOT_CONNECTED` when a disconnect called it off; or the signal's reason
   */
  connect(options?: { signal?: AbortSignal }): Promise<this>;
  /**
   * Idempotent; drains up to `timeout` ms, then aborts. Never rejects but with `INVALID_ARGUMENT` for what is no option of it; a number that is no
   * wait (NaN, below 0) counts as left out.
   */
  disconnect(options?: { timeout?: number }): Promise<void>;
  /**
   * A fresh client behind the same handle; the old one is drained and closed first. For a worker's next job, or a changed credential. First, so that
   * never are two open at once: a backend that counts connections, or a file with one writer, has no room for a second. Meanwhile `client`
   * throws `NOT_CONNECTED`, and after a failure the connector is `failed`.
   */
  restart(options?: { signal?: AbortSignal; timeout?: number }): Promise<this>;
  /**
   * Asks the backend now. Resolves with what it found, also when that is bad; rejects only with the signal's reason. What it finds changes the state:
   * a passing check makes it `ready`, a failing one `degraded` (silence counts after `healthCheckTimeout`). @param options.timeout in ms. @default healthCheckTimeout
   */
  healthCheck(options?: { signal?: AbortSignal; timeout?: number }): Promise<Health>;
}

/** Connectors by name. It refers to itself so that interfaces fit as well as type literals. */
export type ConnectorMap<M> = { readonly [K in keyof M]: Connector };

/** What {@link ConnectorSpec.open} is handed. */
export interface OpenContext {
  readonly name: string;
  /** Aborted when the attempt is called off: reject then, and leave nothing open. */
  readonly signal: AbortSignal;
  /**
   * Tell the connector that the backend has gone away, as soon as the driver notices (`close` of a connection that serves all callers). It is `degraded` then, and
   * the supervisor comes at once instead of at its next check. At any time, as often as you like.
   */
  lost(cause?: unknown): void;
  /** Tell the connector that the backend serves again, where the driver reconnects by itself. */
  recovered(): void;
}

/** What an adapter writes to make a connector; {@link defineConnector} does the rest. */
export interface ConnectorSpec<C> {
  readonly kind: string;
  readonly name: string | undefined;
  /** The options in force; redacted for `config` by `secretNames` and by name. How it is supervised is found among them ({@link supervisionOptions}). */
  readonly options: object;
  readonly secretNames?: ReadonlySet<string>;
  readonly key: string;
  /** Opens a client and proves it with the backend (unless it is lazy). Rejects and leaves nothing open. */
  open(context: OpenContext): Promise<C>;
  /** Drains up to `timeout` ms, then aborts what is left. Called once for each client that `open` resolved with. */
  close(client: C, options: { readonly timeout: number }): Promise<void>;
  /** One cheap round trip; rejects when unhealthy. May resolve with details. A busy pool is not dead: it must not queue behind borrowers. */
  check(client: C, signal: AbortSignal): Promise<Readonly<Record<string, unknown>> | undefined>;
  /**
   * How this backend is reconnected to, for a client that stays the same object: settles when it serves again, or rejects. The supervisor says when, and
   * checks afterwards; two of them never run at once. The signal aborts when the client is closed, which does not wait for it. Bounded by
   * `connectTimeout` and 5 s. Without it a check is all there is to do: the client mends itself when it is used (pools do).
   */
  reconnect?(client: C, signal: AbortSignal): Promise<void>;
  /** How many connections this client has open, free of round trips. */
  connections?(client: C): number;
  /** Other numbers of the moment, free of round trips: what waits, what is under way. */
  gauges?(client: C): Readonly<Record<string, number>>;
  /** What this backend's own errors mean. */
  readonly classify?: Classify;
  /** Longest `open`, in ms; what comes later is closed unseen. @default 30_000 */
  readonly connectTimeout?: number;
  /** How long a `disconnect` without a timeout lets borrowers finish, in ms. @default the option `drainTimeout` where it is a number, else 3_000 */
  readonly drainTimeout?: number;
  /** How much longer than its timeout a `close` is waited for, in ms, and an `open` that was called off. @default 2_000 */
  readonly closeTimeout?: number;
}
