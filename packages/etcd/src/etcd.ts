import { type Connector, defineConnector, secretNames } from "@pool/core";
import { classifyEtcd } from "./classify.js";
import { type EtcdClient } from "./client.js";
import { keyOf } from "./key.js";
import { openEtcd, type OpenedEtcd } from "./open.js";
import { etcdOptions, type EtcdOptions, readEtcdOptions } from "./options.js";

/**
 * A connector to etcd: keys and values, transactions, leases, watches and locks over one shared connection.
 * @throws PoolError `INVALID_OPTIONS` with every problem at once. Opens nothing; `connect()` does
 */
export function etcd(options: EtcdOptions = {}): Connector<EtcdClient> {
  const resolved = readEtcdOptions(options);
  const opened = new WeakMap<EtcdClient, OpenedEtcd>();
  const of = (client: EtcdClient): OpenedEtcd => {
    const found = opened.get(client);
    if (found === undefined) throw new Error("this client was made by another connector");
    return found;
  };
  return defineConnector<EtcdClient>({
    kind: "etcd",
    name: resolved.name,
    options: resolved.given,
    secretNames: secretNames(etcdOptions),
    key: keyOf(resolved),
    classify: classifyEtcd,
    async open(context) {
      const store = await openEtcd(context, resolved);
      opened.set(store.client, store);
      return store.client;
    },
    close: (client, { timeout }) => of(client).close(timeout),
    check: (client, signal) => of(client).check(signal),
    reconnect: (client, signal) => of(client).reconnect(signal),
    connections: (client) => of(client).connections,
    gauges: (client) => of(client).gauges,
    drainTimeout: resolved.drainTimeout,
  });
}
