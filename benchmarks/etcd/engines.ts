import type * as poolEtcd from "@pool/etcd";
import { Etcd3 } from "etcd3";
import type { EtcdEngine } from "./subject.ts";

/** `@pool/etcd`, wherever it was loaded from. */
export type EtcdPackage = Pick<typeof poolEtcd, "etcd">;

/** Whom ours is measured by: the driver as it is. */
export const bare: EtcdEngine = {
  name: "etcd3",
  open(url) {
    const etcd = new Etcd3({ hosts: url });
    return Promise.resolve({
      get: (key) => etcd.get(key).string(),
      put: async (key, value) => await etcd.put(key).value(value),
      close: () => etcd.close(),
    });
  },
};

/** With the defaults: every call has a deadline, which bare etcd3 has not. */
export function ours({ etcd }: EtcdPackage): EtcdEngine {
  return {
    name: "ours",
    async open(url) {
      const connector = await etcd({ endpoints: url }).connect();
      const { client } = connector;
      return {
        get: async (key) => (await client.get(key))?.value,
        put: (key, value) => client.put(key, value),
        close: () => connector.disconnect(),
      };
    },
  };
}
