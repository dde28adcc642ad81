import { startEtcd } from "@pool/testing";
import { afterAll, afterEach, expect, test } from "vitest";
import { etcd } from "../src/index.js";
import { expectCode, refusal, until } from "./support.js";

const server = await startEtcd({ own: true });
afterEach(() => server.thaw());
afterAll(() => server[Symbol.asyncDispose]());

const TIMEOUT = 1_500;
const SLACK = 1_200; // what a machine that others use may add

test("a disconnect has one deadline for all it waits for, takes nothing new, and says what may have been sent", async () => {
  const connector = await etcd({ endpoints: server.url, maxInFlight: 2, callTimeout: "30s" }).connect();
  const { client } = connector;
  const lease = await client.lease({ ttl: "60s" });
  await server.freeze();
  const write = refusal(client.put("a", "1"));
  const read = refusal(client.get("a"));
  const waiting = refusal(client.put("b", "1")); // for the two before it
  expect(connector.gauges).toMatchObject({ inFlight: 2, queued: 1 });
  const from = performance.now();
  const left = connector.disconnect({ timeout: TIMEOUT });
  const late = await refusal(client.get("a"));
  expect(performance.now() - from).toBeLessThan(SLACK);
  expect([late.code, late.details]).toEqual(["NOT_CONNECTED", { command: "GET", sent: false }]);
  expect((await refusal(client.lease())).code).toBe("NOT_CONNECTED");
  const ends = await Promise.all([write, read, waiting]);
  expect(performance.now() - from).toBeLessThan(TIMEOUT + SLACK);
  expect(ends.map(({ code, details }) => [code, details])).toEqual([
    ["NOT_CONNECTED", { command: "PUT", sent: true }],
    ["NOT_CONNECTED", { command: "GET", sent: true }],
    ["NOT_CONNECTED", { command: "PUT", sent: false }],
  ]);
  await left;
  expect(lease.isAlive()).toBe(false);
  expect(connector.connections).toBe(0);
});

test("what is under way at a disconnect may end, and leases are revoked all the same", async () => {
  const observer = await etcd({ endpoints: server.url }).connect();
  const connector = await etcd({ endpoints: server.url }).connect();
  const { client } = connector;
  const lease = await client.lease({ ttl: "60s" });
  await client.put("leased", "1", { lease });
  await server.freeze();
  const written = client.put("under way", "1");
  const left = connector.disconnect({ timeout: 20_000 });
  await server.thaw();
  await written;
  await left;
  await until("it is revoked", async () => (await observer.client.get("leased")) === undefined);
  expect((await observer.client.get("under way"))?.value).toBe("1");
  await observer.disconnect();
});

test("times longer than a timer can be set to are waited for as such", async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", onWarning);
  const long = 2 ** 31 + 1_000;
  await using connector = await etcd({ endpoints: server.url, callTimeout: long }).connect();
  const { client } = connector;
  await server.freeze();
  const read = client.get("long");
  const loaded = expectCode(client.document("long", { timeout: long }), "DOCUMENT_MISSING");
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.thaw();
  expect(await read).toBeUndefined();
  await loaded;
  await using lease = await client.lease({ ttl: 4 * long });
  expect(lease.ttl).toBeGreaterThanOrEqual(4 * long);
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});
