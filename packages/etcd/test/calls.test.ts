import { expect, test } from "vitest";
import { Calls } from "../src/calls/calls.js";
import { Tokens } from "../src/calls/tokens.js";
import { type Channel } from "../src/channel/channel.js";
import { type EtcdConnection } from "../src/wire/connection.js";
import { loadProtocol, type Method } from "../src/wire/protocol.js";
import { RpcError } from "../src/wire/rpc-error.js";
import { until } from "./support.js";

const protocol = await loadProtocol();

/** A connection that notes what is started on it, and answers as a test says: moves at the very moment of a login cannot be had of a server. */
function connectionOf(name: string, started: string[], answer: (path: string, token: string | undefined) => unknown) {
  const connection = {
    ended: false,
    call(method: Method<unknown, unknown>, _: unknown, { token }: { readonly token?: string | undefined }) {
      const path = method.path.split("/").at(-1) ?? "";
      started.push(`${path} on ${name}`);
      return { reply: Promise.resolve().then(() => answer(path, token)), cancel: () => undefined };
    },
  };
  return connection as unknown as EtcdConnection; // as much of it as calls and logins use
}

test("a call that is moved to another connection in the middle of its login is started once", async () => {
  const started: string[] = [];
  const answer = (path: string, token: string | undefined): unknown => {
    if (path === "Authenticate") return { token: `token ${String(asked)}` };
    if (token !== "token 1") return { kvs: [] };
    throw new RpcError("etcdserver: invalid auth token", { status: "UNAUTHENTICATED", answered: true, sent: true });
  };
  const [first, second] = [connectionOf("first", started, answer), connectionOf("second", started, answer)];
  let move: (from: EtcdConnection) => void = () => undefined;
  const channel = {
    current: first,
    down: undefined,
    pursue: () => undefined,
    watch: () => undefined,
    leave: () => undefined,
    onChange: () => () => undefined,
    onMove: (listener: typeof move) => ((move = listener), () => undefined),
  };
  const held = Promise.withResolvers<string>();
  let asked = 0;
  const password = (): string | Promise<string> => (++asked === 2 ? held.promise : "secret");
  const tokens = new Tokens({ user: "user", password }, protocol);
  const calls = new Calls({
    name: "test",
    protocol,
    tokens,
    channel: channel as unknown as Channel, // as much of it as calls use
    maxInFlight: 10,
    maxWaiting: 10,
  });
  const how = { command: "GET", kind: "read", timeout: 20_000 } as const;
  const reply = calls.run(protocol.range, { key: Buffer.from("a") }, how);
  await until("the first token is refused, and a login begun", () => asked === 2);
  expect(started).toEqual(["Authenticate on first", "Range on first"]);
  channel.current = second;
  move(first);
  await until("it has a login on the second", () => asked === 3);
  held.resolve("secret");
  expect(await reply).toEqual({ kvs: [] });
  await new Promise((resolve) => setImmediate(resolve));
  expect(started.slice(2)).toEqual(["Authenticate on second", "Range on second"]);
  expect(calls.inFlight).toBe(0);
});
