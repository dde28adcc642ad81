import { Command, Redis } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { SharedRedis } from "../src/commands/shared-redis.js";

/** What a method of a client gives to be sent. */
function sentBy(redis: Redis, method: string, args: readonly unknown[]): Command[] {
  const sent: Command[] = [];
  redis.sendCommand = (command) => {
    sent.push(command);
    return Promise.resolve();
  };
  const methods = redis as unknown as Record<string, (...args: unknown[]) => unknown>;
  methods[method]?.(...args);
  return sent;
}

function shared(): Redis {
  const never = (): never => {
    throw new Error("nothing is sent here");
  };
  return new SharedRedis({ name: "none", submit: never, batch: never, submitBlocking: never });
}

const bytesOf = ([command]: Command[]): string => String(command?.toWritable({}));

it.each<[string, unknown[]]>([
  ["get", ["a"]],
  ["getBuffer", ["é漢😀"]],
  ["set", ["a", "", "EX", 60]],
  ["set", ["a", 1.5, "PX", -0]],
  ["incrbyfloat", ["a", NaN]],
  ["del", [["a", "b"], "c"]],
  ["mset", ["a", "1", "b", 2]],
  ["mset", [{ a: 1, b: "2" }]],
  ["hset", ["h", "f", "v"]],
  ["hset", ["h", new Map([["f", 1]])]],
  ["set", ["a", Buffer.from([0, 255])]],
  ["set", ["a", null]],
  ["set", ["a", undefined]],
  ["set", ["a", true]],
  ["ping", []],
  ["xadd", ["s", "*", "f", "v"]],
  ["zadd", ["z", 1, "m", 2, "n"]],
  ["eval", ["return 1", 1, "k", "v"]],
])("%s(…%j) is what it is by ioredis's own method", (method, args) => {
  const theirs = sentBy(new Redis({ lazyConnect: true }), method, args);
  const ours = sentBy(shared(), method, args);
  expect(bytesOf(ours)).toBe(bytesOf(theirs));
  const fields = ["name", "args", "replyEncoding", "bufferMode"] as const;
  for (const field of fields) expect(Reflect.get(ours[0] ?? {}, field)).toEqual(Reflect.get(theirs[0] ?? {}, field));
});

it("a command's arguments are still changed by who has told ioredis how", () => {
  const { argument } = Reflect.get(Command, "_transformer") as { readonly argument: Record<string, unknown> };
  onTestFinished(() => void Reflect.deleteProperty(argument, "get"));
  Command.setArgumentTransformer("get", (args) => args.map((arg) => `mine:${String(arg)}`));
  expect(bytesOf(sentBy(shared(), "get", ["a"]))).toBe("*2\r\n$3\r\nGET\r\n$6\r\nmine:a\r\n".replace("GET", "get"));
});

it("a callback is called behind the arguments", () => {
  const sent = sentBy(shared(), "get", ["a", () => undefined]);
  expect(bytesOf(sent)).toBe("*2\r\n$3\r\nget\r\n$1\r\na\r\n");
  expect(sent[0]).toHaveProperty("callback");
});

it("most of ioredis's methods are short, and those for a connection of one's own are as they were", () => {
  const own = Object.getOwnPropertyNames(SharedRedis.prototype);
  expect(own.filter((name) => name.endsWith("Buffer")).length).toBeGreaterThan(150);
  expect(own).toEqual(expect.arrayContaining(["get", "set", "hgetallBuffer"]));
  for (const name of ["blpop", "subscribe", "exec", "watch", "select"]) expect(own).not.toContain(name);
});
