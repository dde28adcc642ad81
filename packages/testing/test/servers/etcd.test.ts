import { connect } from "node:tls";
import { once } from "node:events";
import { startEtcd, startEtcdCluster, type EtcdServer } from "@pool/testing";
import { expect, test } from "vitest";

test("etcd keeps what it has acknowledged when it is killed and restarted", async () => {
  await using etcd = await startEtcd({ own: true });
  await put(etcd, "kept", "42");
  await etcd.kill();
  await etcd.start();
  expect(await get(etcd, "kept")).toBe("42");
});

test("etcd with logins refuses who has none", async () => {
  await using etcd = await startEtcd({ auth: true });
  expect(etcd).toMatchObject({ user: "root" });
  await put(etcd, "kept", "42");
  expect(await get(etcd, "kept")).toBe("42");
  const response = await fetch(`${etcd.url}/v3/kv/range`, { method: "POST", body: JSON.stringify({ key: "YQ==" }) });
  expect(await response.text()).toContain("user name is empty");
});

test("etcd with TLS shows the certificate that it is told to", async () => {
  await using etcd = await startEtcd({ tls: "client" });
  await put(etcd, "kept", "42");
  const shown = async (): Promise<string | undefined> => {
    const socket = connect({ port: etcd.port, host: etcd.host, rejectUnauthorized: false });
    socket.on("error", () => undefined); // it asks for ours
    await once(socket, "secureConnect");
    const name = socket.getPeerCertificate().subject.CN;
    socket.destroy();
    return String(name);
  };
  expect(await shown()).toBe("localhost");
  await etcd.tls?.use("expired");
  expect(await shown()).toBe("expired");
});

test("a cluster goes on when its leader is killed, and takes it back", async () => {
  await using cluster = await startEtcdCluster();
  expect(cluster.urls).toHaveLength(3);
  const leader = await cluster.leader();
  await put(leader, "kept", "42");
  await leader.kill();
  const next = await cluster.leader();
  expect(next).not.toBe(leader);
  await put(next, "kept", "43");
  await leader.start();
  expect(await get(leader, "kept")).toBe("43");
});

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

async function put(etcd: EtcdServer, key: string, value: string): Promise<void> {
  await etcd.call("kv/put", { key: base64(key), value: base64(value) });
}

async function get(etcd: EtcdServer, key: string): Promise<string | undefined> {
  const { kvs } = (await etcd.call("kv/range", { key: base64(key) })) as { kvs?: { value: string }[] };
  return kvs?.[0] && Buffer.from(kvs[0].value, "base64").toString();
}
