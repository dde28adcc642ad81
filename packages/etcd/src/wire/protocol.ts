import {
  type IAuthenticateRequest,
  type IAuthenticateResponse,
  type IDeleteRangeRequest,
  type IDeleteRangeResponse,
  type ILeaseGrantRequest,
  type ILeaseGrantResponse,
  type ILeaseKeepAliveRequest,
  type ILeaseKeepAliveResponse,
  type ILeaseRevokeRequest,
  type ILeaseRevokeResponse,
  type IPutRequest,
  type IPutResponse,
  type IRangeRequest,
  type IRangeResponse,
  type IStatusResponse,
  type ITxnRequest,
  type ITxnResponse,
  type IWatchRequest,
  type IWatchResponse,
  Etcd3,
} from "etcd3";

/** One method of etcd's gRPC interface: where it is, and how its messages are written and read. */
export interface Method<Q, A> {
  readonly path: string;
  encode(request: Q): Buffer;
  decode(bytes: Buffer): A;
}

/** etcd's gRPC interface, as far as it is used here. */
export interface Protocol {
  readonly range: Method<IRangeRequest, IRangeResponse>;
  readonly put: Method<IPutRequest, IPutResponse>;
  readonly deleteRange: Method<IDeleteRangeRequest, IDeleteRangeResponse>;
  readonly txn: Method<ITxnRequest, ITxnResponse>;
  readonly leaseGrant: Method<ILeaseGrantRequest, ILeaseGrantResponse>;
  readonly leaseRevoke: Method<ILeaseRevokeRequest, ILeaseRevokeResponse>;
  readonly leaseKeepAlive: Method<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;
  readonly watch: Method<IWatchRequest, IWatchResponse>;
  readonly authenticate: Method<IAuthenticateRequest, IAuthenticateResponse>;
  readonly status: Method<Record<string, never>, IStatusResponse>;
}

const METHODS: Readonly<Record<keyof Protocol, readonly [service: string, method: string]>> = {
  range: ["KV", "Range"],
  put: ["KV", "Put"],
  deleteRange: ["KV", "DeleteRange"],
  txn: ["KV", "Txn"],
  leaseGrant: ["Lease", "LeaseGrant"],
  leaseRevoke: ["Lease", "LeaseRevoke"],
  leaseKeepAlive: ["Lease", "LeaseKeepAlive"],
  watch: ["Watch", "Watch"],
  authenticate: ["Auth", "Authenticate"],
  status: ["Maintenance", "Status"],
};

/** What gRPC's generated clients know of a method. */
interface Definition {
  readonly path: string;
  requestSerialize(request: unknown): Buffer;
  responseDeserialize(bytes: Buffer): unknown;
}

/** The part of an `Etcd3` that leads to its generated clients. */
interface GeneratedClients {
  readonly pool: {
    withConnection<T>(
      service: string,
      work: (to: {
        readonly client: { readonly constructor: { readonly service: Readonly<Record<string, Definition>> } };
      }) => T,
    ): Promise<T>;
  };
}

let loaded: Promise<Protocol> | undefined;

/**
 * etcd's protocol as etcd3 brings it: generated from etcd's own files, with 64-bit numbers as text and enumerations by name. Nothing is connected for
 * it; what carries the messages is {@link EtcdConnection}.
 */
export function loadProtocol(): Promise<Protocol> {
  return (loaded ??= readProtocol());
}

async function readProtocol(): Promise<Protocol> {
  const etcd = new Etcd3();
  try {
    const { pool } = etcd as unknown as GeneratedClients; // etcd3 keeps it out of its types, and has had it since its first version
    const methods = await Promise.all(
      Object.entries(METHODS).map(async ([name, [service, method]]) => {
        const definition = await pool.withConnection(service, ({ client }) => client.constructor.service[method]);
        if (definition === undefined) throw new Error(`etcd3 knows no method ${service}.${method}`);
        const { path, requestSerialize, responseDeserialize } = definition;
        return [name, { path, encode: requestSerialize, decode: responseDeserialize }] as const;
      }),
    );
    return Object.fromEntries(methods) as unknown as Protocol; // by METHODS, with the messages that etcd3's types give for them
  } finally {
    etcd.close();
  }
}
