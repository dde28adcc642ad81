import { inspect } from "node:util";
import { faultProxy, startEtcd } from "@pool/testing";
import { afterAll, expect, test } from "vitest";
import { etcd } from "../src/index.js";
import { base64, expectCode, until } from "./support.js";

const server = await startEtcd({ own: true, auth: true, flags: { "auth-token-ttl": 1 } });
afterAll(() => server[Symbol.asyncDispose]());
const { url, user, password } = server;

test(
  "a login is made, and made again when its token has ended, once for a hundred calls, or the server has forgotten it",
  { timeout: 60_000 },
  async () => {
    await using connector = await etcd({ endpoints: url, user, password }).connect();
    let asked = 0;
    const provide = (): string => {
      asked++;
      return password;
    };
    await using other = await etcd({ endpoints: url, user, password: provide }).connect();
    const { client } = connector;
    await client.put("a", "1");
    await new Promise((resolve) => setTimeout(resolve, 3_500)); // an unused token ends after a second or two
    expect((await client.get("a"))?.value).toBe("1");
    asked = 0;
    await Promise.all(Array.from({ length: 100 }, () => other.client.get("a")));
    expect(asked).toBe(1);
    await using watch = client.watch("a");
    await watch.started;
    await server.restart();
    await until("it serves again", () =>
      client.put("a", "2").then(
        () => true,
        () => false,
      ),
    );
    const next = await watch[Symbol.asyncIterator]().next();
    expect(next.value).toMatchObject({ entry: { value: "2" } });
  },
);

test("a wrong password is an error of a connect, and shows nowhere", async () => {
  const wrong = "not the pass word";
  const connector = etcd({ endpoints: url, user, password: wrong });
  const error = await expectCode(connector.connect(), "ACCESS_DENIED");
  expect(connector.classify?.(error)).toBe("auth");
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(wrong);
  expect(inspect(connector, { depth: 9, showHidden: true })).not.toContain(wrong);
});

test("a password that was changed is fetched anew, without a restart", { timeout: 60_000 }, async () => {
  await server.call("auth/user/add", { name: "app", password: "first" });
  await server.call("auth/role/add", { name: "app" });
  const all = { key: base64("\0"), range_end: base64("\0"), permType: "READWRITE" };
  await server.call("auth/role/grant", { name: "app", perm: all });
  await server.call("auth/user/grant", { user: "app", role: "app" });
  let current = "first";
  const refreshes: boolean[] = [];
  const provide = async ({ refresh }: { readonly refresh: boolean }): Promise<string> => {
    refreshes.push(refresh);
    if (refresh) current = "second"; // as a vault would have it
    return Promise.resolve(current);
  };
  await using connector = await etcd({ endpoints: url, user: "app", password: provide }).connect();
  await connector.client.put("mine", "1");
  await server.call("auth/user/changepw", { name: "app", password: "second" });
  await connector.client.put("mine", "2");
  expect((await connector.client.get("mine"))?.value).toBe("2");
  expect(refreshes).toContain(true);
});

test("what a user may not do is refused, and costs no connection", async () => {
  await server.call("auth/user/add", { name: "nobody", password: "nothing" });
  await using connector = await etcd({ endpoints: url, user: "nobody", password: "nothing" }).connect();
  for (let left = 20; left > 0; left--) await expectCode(connector.client.get("a"), "ACCESS_DENIED");
  const watch = connector.client.watch("a");
  await expectCode(watch[Symbol.asyncIterator]().next(), "ACCESS_DENIED");
  expect((await connector.healthCheck()).healthy).toBe(true);
  expect(connector.connections).toBe(1);
});

test("logins may be turned off and on while it is connected", { timeout: 60_000 }, async () => {
  await using connector = await etcd({ endpoints: url, user, password }).connect();
  await server.call("auth/disable");
  await connector.client.put("open", "1");
  await using without = await etcd({ endpoints: url, user, password }).connect();
  await without.client.put("open", "2");
  const enable = await fetch(`${url}/v3/auth/enable`, { method: "POST", body: "{}" });
  expect(enable.status).toBe(200);
  expect((await without.client.get("open"))?.value).toBe("2");
  expect((await connector.client.get("open"))?.value).toBe("2");
});

test("a password that does not come holds up only those who wait for it, each as long as its own time", async () => {
  let asked = 0;
  const provide = (): string | Promise<string> => (++asked === 1 ? new Promise(() => undefined) : password);
  await using connector = await etcd({ endpoints: url, user, password: provide, lazy: true }).connect();
  await expectCode(connector.client.get("a", { timeout: 200 }), "COMMAND_TIMEOUT");
  await connector.client.get("a");
  expect(asked).toBe(2);
});

test("a login on a connection that has gone does not hold up the next one", { timeout: 60_000 }, async () => {
  const stuck = Promise.withResolvers<string>();
  let asked = 0;
  const provide = (): string | Promise<string> => (++asked === 1 ? stuck.promise : password);
  await using proxy = await faultProxy({ target: server });
  const endpoints = `${proxy.host}:${String(proxy.port)}`;
  await using connector = await etcd({ endpoints, user, password: provide, lazy: true, callTimeout: "50s" }).connect();
  const { client } = connector;
  const first = client.put("moved", "1");
  await until("it is asked for a password", () => asked === 1);
  await using watch = client.watch("moved");
  proxy.reset();
  await first; // it was not sent yet, and goes over the next connection
  expect(asked).toBeGreaterThan(1);
  await watch.started;
  const count = asked;
  stuck.resolve("of before");
  await client.put("moved", "2");
  expect(asked).toBe(count);
  expect((await client.get("moved"))?.version).toBe(2n);
});
