import { describeAdapter, faultProxy, startEtcd } from "@pool/testing";
import { afterAll } from "vitest";
import { etcdFactory } from "../src/connect/factory.js";
import { etcd } from "../src/index.js";

const server = await startEtcd({ own: true });
const proxy = await faultProxy({ target: server });
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const password = "the user's password";
const other = "another password";
const { host, port } = proxy;

describeAdapter("etcd", {
  factory: () => ({ factory: etcdFactory({ host, port }, undefined) }),
  // The server asks for no login until somebody turns that on.
  connector: () => etcd({ endpoints: `${host}:${port}`, user: "someone", password }),
  badConnector: () => etcd({ endpoints: "127.0.0.1:1", user: "someone", password }),
  otherCredentials: () => etcd({ endpoints: `${host}:${port}`, user: "someone", password: other }),
  secrets: [password, other],
  openCount: () => proxy.stats.open,
  breakResource: () => proxy.reset(),
  async outage() {
    await server.stop();
    return () => server.start();
  },
});
