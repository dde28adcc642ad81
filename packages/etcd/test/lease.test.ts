import { faultProxy, startEtcd } from "@pool/testing";
import { expect, test } from "vitest";
import { etcd } from "../src/index.js";
import { until } from "./support.js";

test.concurrent("a lease is kept alive past its ttl, and takes its keys with it when it is revoked", async () => {
  await using server = await startEtcd();
  await using connector = await etcd({ endpoints: server.url }).connect();
  const { client } = connector;
  const lease = await client.lease({ ttl: "1s" });
  await client.put("leased", "1", { lease });
  expect((await client.get("leased"))?.leaseId).toBe(lease.id);
  await new Promise((resolve) => setTimeout(resolve, 2.5 * lease.ttl));
  expect(lease.isAlive()).toBe(true);
  expect(lease.lost.aborted).toBe(false);
  expect((await client.get("leased"))?.value).toBe("1");
  await lease.revoke();
  await lease.revoke();
  expect(await client.get("leased")).toBeUndefined();
  expect(lease.isAlive()).toBe(false);
  expect(lease.lost.aborted).toBe(false);
  expect(connector.gauges).toMatchObject({ leases: 0 });
});

test.concurrent("leases are revoked when the connector ends", async () => {
  await using server = await startEtcd();
  await using observer = await etcd({ endpoints: server.url }).connect();
  const connector = await etcd({ endpoints: server.url }).connect();
  const lease = await connector.client.lease({ ttl: "60s" });
  await connector.client.put("leased", "1", { lease });
  await connector.disconnect();
  expect(await observer.client.get("leased")).toBeUndefined();
});

test.concurrent("a lease that somebody else ends is told as lost at its next keep-alive", async () => {
  await using server = await startEtcd();
  await using connector = await etcd({ endpoints: server.url }).connect();
  const lease = await connector.client.lease({ ttl: 1_500 });
  await server.call("lease/revoke", { ID: lease.id.toString() });
  await until("it is lost", () => lease.lost.aborted, lease.ttl + 1_000);
  expect(lease.lost.reason).toMatchObject({ code: "LEASE_LOST" });
  expect(lease.isAlive()).toBe(false);
});

test.concurrent("a lease whose server is silent is told as lost within its ttl", async () => {
  await using server = await startEtcd({ own: true });
  await using connector = await etcd({ endpoints: server.url }).connect();
  const lease = await connector.client.lease({ ttl: 2_000 });
  await server.freeze();
  const since = performance.now();
  await until("it is lost", () => lease.lost.aborted, lease.ttl + 5_000);
  const took = performance.now() - since;
  expect(took).toBeLessThan(lease.ttl + 500);
  expect(lease.lost.reason).toMatchObject({ code: "LEASE_LOST", cause: { code: "COMMAND_TIMEOUT" } });
  await server.thaw();
});

test.concurrent("a lease is kept alive over a line whose round trip takes longer than a second", async () => {
  await using server = await startEtcd();
  await using proxy = await faultProxy({ target: server });
  await using connector = await etcd({ endpoints: proxy.url(server.url) }).connect();
  const lease = await connector.client.lease({ ttl: "4s" });
  proxy.latency(600);
  await new Promise((resolve) => setTimeout(resolve, 1.5 * lease.ttl));
  expect(lease.lost.reason).toBeUndefined();
  expect(lease.isAlive()).toBe(true);
});
