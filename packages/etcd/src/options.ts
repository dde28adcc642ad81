import { type Duration, invalidOptions, type OptionTable, readOptions } from "@pool/core";
import { type Login, type PasswordProvider } from "./calls/tokens.js";
import { type Endpoints, readEndpoints } from "./connect/endpoints.js";
import { checkTls, type EtcdTls, TLS_SHAPE } from "./connect/tls-options.js";

/** What {@link etcd} takes. Each is safe as it is. */
export interface EtcdOptions {
  /** Names the connector in errors and events. */
  name?: string;
  /** The members: `"host:port"`, or URLs with http or https. One of them is connected to at a time. @default "127.0.0.1:2379" */
  endpoints?: string | readonly string[];
  user?: string;
  /** The user's password, or a function that is asked for each login, and once more when it was refused. */
  password?: string | PasswordProvider;
  /** TLS, verified: `true`, or certificates as text or files. @default by the endpoints: TLS unless they say http or are on this machine */
  tls?: boolean | EtcdTls;
  /** In front of every key, unseen. @default none */
  namespace?: string;
  /** Longest time for connecting to one member, in ms. @default 3_000 */
  dialTimeout?: Duration;
  /** Longest time for one call, with all its attempts, in ms. @default 5_000 */
  callTimeout?: Duration;
  /** A connection that is silent for so long is asked whether the server is there, in ms. @default 10_000 */
  keepAliveInterval?: Duration;
  /** How long the server may take to answer that, in ms. @default 3_000 */
  keepAliveTimeout?: Duration;
  /** Calls that are with a server at once; others wait. @default 250 */
  maxInFlight?: number;
  /** Calls that may wait at once; one more is refused with `QUEUE_FULL`. @default 2_000 */
  maxWaiting?: number;
  /** How long `disconnect` lets calls end, in ms. @default 3_000 */
  drainTimeout?: Duration;
  /** `connect()` connects to nothing; the first call does. @default false */
  lazy?: boolean;
}

const ENDPOINTS_SHAPE = "an endpoint, or a list of at least one";

/** Checks the options, fills in the defaults and makes the table in the README. */
export const etcdOptions: OptionTable<EtcdOptions> = {
  name: { type: "string", doc: "Names the connector in errors, events and metrics. Default: etcd." },
  endpoints: {
    type: "custom",
    shape: ENDPOINTS_SHAPE,
    default: "127.0.0.1:2379",
    doc: "The members: `host:port`, or URLs with http or https. One of them is connected to at a time.",
    check: (value) => {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      return list.length > 0 && list.every((one) => typeof one === "string" && one !== "")
        ? undefined
        : ENDPOINTS_SHAPE;
    },
  },
  user: { type: "string", doc: "Who logs in. Left out where the server asks for no login." },
  password: {
    type: "custom",
    shape: "a string, or a function that gives one",
    secret: true,
    doc: "The user's password, or a function that is asked for each login, and once more when it was refused.",
    check: (value) =>
      ["string", "function"].includes(typeof value) ? undefined : "a string, or a function that gives one",
  },
  tls: {
    type: "custom",
    shape: TLS_SHAPE,
    doc: "TLS, verified. Certificates are text (`ca`, `cert`, `key`) or files (`caFile`, `certFile`, `keyFile`); `insecureSkipVerify: true` verifies nothing. Default: TLS unless the endpoints say http or are on this machine.",
    check: checkTls,
  },
  namespace: { type: "string", doc: "In front of every key, unseen." },
  dialTimeout: { type: "duration", min: 1, default: 3_000, doc: "Longest time for connecting to one member." },
  callTimeout: { type: "duration", min: 1, default: 5_000, doc: "Longest time for one call, with all its attempts." },
  keepAliveInterval: {
    type: "duration",
    min: 1_000,
    default: 10_000,
    doc: "A connection that is silent for so long is asked whether the server is there.",
  },
  keepAliveTimeout: { type: "duration", min: 1, default: 3_000, doc: "How long the server may take to answer that." },
  maxInFlight: {
    type: "integer",
    min: 1,
    max: 100_000,
    default: 250,
    doc: "Calls that are with a server at once; others wait.",
  },
  maxWaiting: {
    type: "integer",
    min: 0,
    infinity: true,
    default: 2_000,
    doc: "Calls that may wait at once; one more is refused with `QUEUE_FULL`.",
  },
  drainTimeout: { type: "duration", min: 0, default: 3_000, doc: "How long `disconnect` lets calls end." },
  lazy: { type: "boolean", default: false, doc: "`connect()` connects to nothing; the first call does." },
};

/** {@link EtcdOptions}, complete and checked. */
export interface ResolvedEtcdOptions extends Endpoints {
  readonly name: string | undefined;
  readonly login: Login | undefined;
  readonly tls: EtcdTls;
  readonly namespace: string;
  readonly dialTimeout: number;
  readonly callTimeout: number;
  readonly keepAliveInterval: number;
  readonly keepAliveTimeout: number;
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  readonly drainTimeout: number;
  readonly lazy: boolean;
  /** As the table has read them, for `config` and `key`. */
  readonly given: object;
}

/** @throws PoolError `INVALID_OPTIONS` with every problem at once */
export function readEtcdOptions(input: EtcdOptions): ResolvedEtcdOptions {
  const given = readOptions(etcdOptions, input, "etcd");
  const { endpoints, tls, user, password, namespace = "", ...rest } = given as unknown as Table; // by the table
  const problems: string[] = [];
  const read = readEndpoints(typeof endpoints === "string" ? [endpoints] : endpoints, tlsWish(tls), problems);
  if ((user === undefined) !== (password === undefined)) problems.push("user and password go together");
  if (problems.length > 0) throw invalidOptions("etcd", problems);
  return {
    ...rest,
    ...read,
    name: rest.name,
    namespace,
    login: user === undefined || password === undefined ? undefined : { user, password },
    tls: typeof tls === "object" ? tls : {},
    given,
  };
}

/** What the table leaves. */
type Table = Omit<ResolvedEtcdOptions, "tls" | "login" | "endpoints" | "secure" | "given" | "namespace"> &
  Pick<EtcdOptions, "tls" | "user" | "password" | "namespace"> &
  Pick<Required<EtcdOptions>, "endpoints">;

// Whoever hands over certificates wants TLS.
function tlsWish(tls: EtcdOptions["tls"]): boolean | undefined {
  return typeof tls === "object" ? true : tls;
}
