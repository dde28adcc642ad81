import { onEvent } from "@pool/core";
import { startEtcd, startEtcdCluster } from "@pool/testing";
import { expect, test } from "vitest";
import { etcd } from "../src/index.js";
import { expectCode, until } from "./support.js";

test.concurrent(
  "a connector tells that its server has gone away, and that it is back",
  { timeout: 60_000 },
  async () => {
    await using server = await startEtcd({ own: true });
    await using connector = await etcd({ endpoints: server.url, name: "told" }).connect();
    const states: string[] = [];
    using _ = onEvent("connector:state", ({ connector: name, to }) => {
      if (name === "told") states.push(to);
    });
    await server.kill();
    await until("it is not ready", () => connector.state !== "ready");
    expect(connector.connections).toBe(0);
    const error = await expectCode(
      until("it fails", () => connector.client.get("a").then(() => false)),
      "UNAVAILABLE",
    );
    expect(connector.classify?.(error)).toBe("connection");
    expect((await connector.healthCheck()).healthy).toBe(false);
    await server.start();
    await until("it is ready", () => connector.state === "ready");
    expect((await connector.healthCheck()).healthy).toBe(true);
    expect(states.at(-1)).toBe("ready");
  },
);

test.concurrent("a lazy connector connects with its first call", async () => {
  await using server = await startEtcd();
  await using connector = await etcd({ endpoints: server.url, lazy: true }).connect();
  expect(connector.connections).toBe(0);
  await connector.client.put("lazy", "1");
  expect(connector.connections).toBe(1);
});

test.concurrent(
  "members that are away are passed over, and one that has no majority answers what it may",
  { timeout: 60_000 },
  async () => {
    await using cluster = await startEtcdCluster();
    const endpoints = ["127.0.0.1:1", ...cluster.urls.map((url) => new URL(url).host)];
    await using connector = await etcd({ endpoints, callTimeout: 2_000 }).connect();
    await connector.client.put("a", "1");
    const [first, ...others] = cluster.members;
    await until("every member has it", async () => {
      await using alone = await etcd({ endpoints: first!.url }).connect();
      return (await alone.client.get("a", { serializable: true }))?.value === "1";
    });
    await Promise.all(others.map((member) => member.kill()));
    await until("the one that is left answers by itself", () =>
      connector.client.get("a", { serializable: true }).then(
        (found) => found?.value === "1",
        () => false,
      ),
    );
    const refused = await connector.client.put("a", "2").catch((error: unknown) => error);
    expect(["COMMAND_TIMEOUT", "UNAVAILABLE"]).toContain((refused as { code?: string }).code);
    await Promise.all(others.map((member) => member.start()));
    await until("writes go on", () =>
      connector.client.put("a", "3").then(
        () => true,
        () => false,
      ),
    );
  },
);
