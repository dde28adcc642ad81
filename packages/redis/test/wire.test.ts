import { seededRandom } from "@pool/testing";
import { Command, Redis } from "ioredis";
import { tracingChannel } from "node:diagnostics_channel";
import { once } from "node:events";
import { inspect, isDeepStrictEqual } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { GuardedRedis } from "../src/connection/guarded-redis.js";
import { Wire } from "../src/shared/wire.js";
import { ownServer } from "./support.js";

const { server, withClient } = await ownServer();

interface OpenWire {
  readonly redis: GuardedRedis;
  readonly lost: Error[];
  send(name: string, args: (string | number | Buffer)[], replyEncoding?: BufferEncoding): Promise<unknown>;
}

async function openWire(protocol: 2 | 3 = 3): Promise<OpenWire> {
  const { host, port, password } = server;
  const redis = new GuardedRedis({ host, port, protocol, retryStrategy: () => null }, { password });
  onTestFinished(() => redis.disconnect());
  await Promise.all([once(redis, "ready"), redis.connect()]);
  const lost: Error[] = [];
  const wire = new Wire(redis, (cause) => lost.push(cause));
  const send: OpenWire["send"] = (name, args, replyEncoding) => {
    const command = new Command(name, args, { replyEncoding: replyEncoding ?? null });
    wire.send(command);
    return command.promise as Promise<unknown>;
  };
  return { redis, lost, send };
}

/** Has what comes from the server arrive in pieces of any size. */
function cutUp({ stream }: GuardedRedis, random: () => number): void {
  const emit = stream.emit.bind(stream) as (event: string, ...rest: unknown[]) => boolean;
  stream.emit = ((event: string, ...rest: unknown[]) => {
    const [data] = rest;
    if (event !== "data" || !Buffer.isBuffer(data)) return emit(event, ...rest);
    for (let at = 0; at < data.length;) {
      const size = 1 + Math.floor(random() * (random() < 0.2 ? 70_000 : 12));
      emit("data", data.subarray(at, at + size));
      at += size;
    }
    return true;
  }) as typeof stream.emit;
}

/** Errors as their texts, wherever they are: ioredis's have other classes. */
function shown(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(shown);
  return reply instanceof Error ? `${reply.name}: ${reply.message}` : reply;
}

const NESTED = "return {1, {ARGV[1], {false, {err='WRONG inside'}}}, {ok='fine'}, {}}";

describe("a wire", () => {
  it.each([11, 22, 33, 44, 55, 66, 77, 88])(
    "reads what ioredis reads, in whatever pieces it comes (seed %d)",
    async (seed) => {
      const random = seededRandom(seed);
      const protocol = seed % 2 === 0 ? 3 : 2;
      const text = (): string => "aé漢😀\r\n$5".repeat(1 + Math.floor(random() * (random() < 0.05 ? 20_000 : 30)));
      const bytes = (): Buffer => Buffer.from(Array.from({ length: Math.floor(random() * 300) }, () => random() * 256));
      const { redis, lost, send } = await openWire(protocol);
      cutUp(redis, random);
      await using plain = {
        redis: new Redis(server.url, { protocol }),
        [Symbol.asyncDispose]: () => plain.redis.quit().then(() => undefined),
      };
      await plain.redis.flushdb();
      const asked: {
        readonly name: string;
        readonly args: (string | number | Buffer)[];
        readonly encoding?: BufferEncoding;
      }[] = [];
      for (let n = 0; n < 300; n++) {
        const key = `key:${Math.floor(random() * 10)}`;
        const encoding = random() < 0.6 ? ("utf8" as const) : undefined;
        const kinds: [string, (string | number | Buffer)[]][] = [
          ["set", [key, random() < 0.5 ? text() : bytes()]],
          ["get", [key]],
          ["get", ["nothing"]],
          ["hset", ["hash", text(), bytes()]],
          ["hgetall", ["hash"]],
          ["rpush", ["list", text()]],
          ["lrange", ["list", -5, -1]],
          ["incr", ["count"]],
          ["incr", ["list"]],
          ["eval", [NESTED, 0, text()]],
          ["no-such-command", [n]],
          ["zadd", ["sorted", n / 7, text(), 1e300, "huge", "-inf", "least"]],
          ["zrange", ["sorted", 0, -1, "WITHSCORES"]],
          ["ZRANGE", ["sorted", 0, 3, "WITHSCORES"]],
          ["zscore", ["sorted", "huge"]],
          ["sadd", ["set", text(), bytes()]],
          ["smembers", ["set"]],
          ["HGETALL", ["hash"]],
          ["config", ["get", "save*"]],
          [
            "eval",
            [
              "redis.setresp(3); return {true, {map={a=1, b={double=1.5}}}, {big_number='123456789012345678901234567890'}, {set={x=true}}}",
              0,
            ],
          ],
          ["eval", ["redis.setresp(3); return false", 0]],
          ["eval", ["return redis.error_reply('MINE it is')", 0]],
          ["xadd", ["stream", `${n + 1}-1`, "f", text()]],
          ["xrange", ["stream", "-", "+"]],
          ["XREAD", ["STREAMS", "stream", "0"]],
          ["mget", ["nothing", key, "nothing"]],
        ];
        const [name, args] = kinds[Math.floor(random() * kinds.length)] ?? ["ping", []];
        asked.push({ name, args, ...(encoding && { encoding }) });
      }
      const outcomes = (run: (one: (typeof asked)[number]) => Promise<unknown>): Promise<unknown[]> =>
        Promise.all(asked.map((one) => run(one).then(shown, shown)));
      const ours = await outcomes(({ name, args, encoding }) => send(name, args, encoding));
      await plain.redis.flushdb();
      const theirs = await outcomes(({ name, args, encoding }) => {
        const command = new Command(name, args, { replyEncoding: encoding ?? null });
        plain.redis.sendCommand(command);
        return command.promise as Promise<unknown>;
      });
      // Told by their numbers: as a difference, texts as long as these take minutes to print.
      const different = asked.flatMap(({ name }, n) => (isDeepStrictEqual(ours[n], theirs[n]) ? [] : [`${n} ${name}`]));
      expect(different).toEqual([]);
      expect([lost, redis.commandQueue.length]).toEqual([[], 0]);
    },
  );

  it("ends once where the server answers what nobody has asked, however much of it", async () => {
    const { redis, lost } = await openWire();
    redis.stream.emit("data", Buffer.from("+OK\r\n".repeat(20)));
    redis.stream.emit("data", Buffer.from("+OK\r\n"));
    expect(lost.map(String)).toEqual(["Error: the server has answered what nobody has asked"]);
  });

  it.each([
    ["HTTP/1.1 400 Bad Request\r\n\r\n", "a reply of the unknown type 72"],
    [":12x\r\n", "a number that is none"],
    ["$3\r\nSECRET\r\n", "a string of another length than it says"],
  ])("ends where what comes is no answer, and gives nothing of it away: %j", async (bytes, problem) => {
    const { redis, lost, send } = await openWire();
    const asked = [1, 2].map(() => send("ping", []));
    for (const each of asked) each.catch(() => undefined);
    redis.stream.emit("data", Buffer.from(bytes));
    redis.stream.emit("data", Buffer.from("+PONG\r\n"));
    expect(lost.map(String)).toEqual([`Error: what the server sends makes no sense: ${problem}`]);
    expect(inspect(lost, { depth: 9, showHidden: true })).not.toContain("SECRET");
    expect(redis.commandQueue.length).toBe(2);
  });

  it("answers to nobody are not taken for answers", async () => {
    const { redis, lost, send } = await openWire();
    const asked = send("echo", ["mine"], "utf8");
    redis.stream.emit("data", Buffer.from(">2\r\n+invalidate\r\n*1\r\n$1\r\na\r\n>0\r\n"));
    expect([await asked, lost]).toEqual(["mine", []]);
  });

  it("a reply that is nested thousands deep is read whole", async () => {
    const { lost, send } = await openWire();
    const [reply, next] = await Promise.all([
      send("eval", ["local t={} for i=1,3000 do t={t,7} end return t", 0], "utf8"),
      send("echo", ["next"], "utf8"),
    ]);
    let depth = 0;
    for (let list = reply; Array.isArray(list); list = (list as unknown[])[0]) depth++;
    expect([depth, next, lost]).toEqual([3_001, "next", []]);
  });

  it("a reply of many megabytes is read once, and keeps nothing", { timeout: 20_000 }, async () => {
    const { send } = await openWire();
    const long = Buffer.alloc(20_000_000, "é");
    await send("set", ["long", long]);
    expect(((await send("get", ["long"])) as Buffer).equals(long)).toBe(true);
    expect(await send("get", ["long"], "utf8")).toBe(long.toString());
    expect(await send("strlen", ["long"])).toBe(long.length);
  });

  it("passes through ioredis where a tracer has put itself in the place of its method", async () => {
    const original = Object.getOwnPropertyDescriptor(Redis.prototype, "sendCommand") ?? {};
    onTestFinished(() => void Object.defineProperty(Redis.prototype, "sendCommand", original));
    const passed: string[] = [];
    const { sendCommand } = Redis.prototype;
    Redis.prototype.sendCommand = function (...args) {
      passed.push(args[0].name);
      return sendCommand.apply(this, args);
    };
    await withClient(async ({ commands }) => {
      passed.length = 0;
      await commands.set("traced", 1);
      expect(passed).toEqual(["set"]);
    });
  });

  it("is told on ioredis's own channels to who listens there", async () => {
    await withClient(async ({ commands }) => {
      const heard: unknown[] = [];
      const listener = { start: (event: unknown) => heard.push((event as { command: string }).command) };
      const channel = tracingChannel("ioredis:command");
      const nothing = (): void => undefined;
      const all = { ...listener, end: nothing, asyncStart: nothing, asyncEnd: nothing, error: nothing };
      await commands.set("quiet", 1);
      channel.subscribe(all);
      await commands.set("told", 1);
      channel.unsubscribe(all);
      await commands.set("quiet", 2);
      expect(heard).toEqual(["set"]);
    });
  });
});
