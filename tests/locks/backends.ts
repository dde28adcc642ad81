import type { Lock } from "@pool/core";
import { etcd } from "@pool/etcd";
import { redis } from "@pool/redis";
import { startEtcd, startRedis, type TestServer } from "@pool/testing";

/** What has locks across processes, and the shortest ttl that it keeps to, in ms. */
export const backends = {
  redis: { ttl: 800, start: (): Promise<TestServer> => startRedis({ own: true }) },
  // A lease of etcd lasts whole seconds, and longer than an election.
  etcd: { ttl: 1_000, start: (): Promise<TestServer> => startEtcd({ own: true }) },
} as const;

export type BackendName = keyof typeof backends;

/** The locks of a connected client, which ends with its block. */
export async function lockOf(backend: string, url: string): Promise<{ readonly lock: Lock } & AsyncDisposable> {
  const connector = await (backend === "redis" ? redis({ url }).connect() : etcd({ endpoints: [url] }).connect());
  return { lock: connector.client.lock, [Symbol.asyncDispose]: () => connector.disconnect() };
}
