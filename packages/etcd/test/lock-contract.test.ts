import { createLock } from "@pool/core";
import { describeLock, faultProxy, startEtcd } from "@pool/testing";
import { afterAll } from "vitest";
import { etcd, etcdLockStore } from "../src/index.js";
import { base64 } from "./support.js";

const server = await startEtcd({ own: true });
const proxy = await faultProxy({ target: server });
const endpoints = `${proxy.host}:${String(proxy.port)}`;
const connector = await etcd({ endpoints, callTimeout: 2_000 }).connect();
afterAll(async () => {
  await connector.disconnect();
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describeLock("etcd", {
  store: () => ({ made: etcdLockStore(connector.client) }),
  async lock() {
    const own = await etcd({ endpoints, callTimeout: 2_000 }).connect();
    return { made: createLock(etcdLockStore(own.client)), dispose: () => own.disconnect({ timeout: 500 }) };
  },
  deleteKey: (key) => server.call("kv/deleterange", { key: base64(`lock/${key}`) }),
  silence: () => server.freeze(),
  heal: () => server.thaw(),
  // etcd counts leases in seconds, and gives none that is shorter than its elections need.
  ttl: 2_000,
  patience: 10_000,
});
