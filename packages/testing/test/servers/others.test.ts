import { connect } from "node:net";
import { startRedis, type RedisServer } from "@pool/testing";
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
