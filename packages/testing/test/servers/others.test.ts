import { connect } from "node:net";
import { startEtcd, startRedis, type RedisServer } from "@pool/testing";
import { expect, test } from "vitest";

test("Redis asks for its password, and is killed, frozen and restarted", async () => {
  await using redis = await startRedis({ own: true, settings: { appendonly: "yes", appendfsync: "always" } });
  expect(await talk(redis, "PING")).toContain("NOAUTH");
  expect(await talk(redis, `AUTH ${redis.password}`, "SET kept 1")).toBe("+OK\r\n+OK\r\n");
  await redis.kill();
  await redis.start();
  expect(await talk(redis, `AUTH ${redis.password}`, "GET kept")).toBe("+OK\r\n$1\r\n1\r\n");
  await redis.freeze();
  const asked = talk(redis, `AUTH ${redis.password}`);
  await redis.thaw();
  expect(await asked).toBe("+OK\r\n");
  await redis.restart();
  expect(await talk(redis, `AUTH ${redis.password}`)).toBe("+OK\r\n");
});

test("etcd keeps what it has acknowledged when it is killed and restarted", async () => {
  await using etcd = await startEtcd({ own: true });
  const key = Buffer.from("kept").toString("base64");
  const call = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${etcd.url}/v3/kv/${path}`, { method: "POST", body: JSON.stringify(body) });
    return response.json();
  };
  await call("put", { key, value: Buffer.from("42").toString("base64") });
  await etcd.kill();
  await etcd.start();
  expect(await call("range", { key })).toMatchObject({ kvs: [{ value: Buffer.from("42").toString("base64") }] });
});

/** What Redis answers to these commands, one after the other. */
function talk({ host, port }: RedisServer, ...commands: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let answer = "";
    socket.end([...commands, "QUIT", ""].join("\r\n"));
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer.replace(/\+OK\r\n$/, "")));
  });
}
