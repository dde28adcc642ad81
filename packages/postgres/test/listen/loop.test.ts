import { readPoolOptions } from "@pool/core";
import { faultProxy, sharedPostgres, type PostgresServer } from "@pool/testing";
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { postgres } from "../../src/index.js";
import { createListener, type Heard, type Listener, type Notifications } from "../../src/listen/listener.js";
import { dialerOf } from "../shared/support.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await sharedPostgres();
});
afterAll(async () => await server[Symbol.asyncDispose]());

const opened: Listener[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((listener) => listener.close(2_000)));
});

function open(url: string): Listener {
  const pool = readPoolOptions({ validateTimeout: 1_000 }, "postgres");
  const listener = createListener({ name: "test", dialer: dialerOf(url), poolMode: "session", keepAlive: 500, pool });
  opened.push(listener);
  return listener;
}

const notify = (channel: string, payload: string): Promise<unknown> =>
  server.sql(`select pg_notify('${channel}', '${payload}')`, { database: new URL(server.url).pathname.slice(1) });

/** Its first turn, once the server listens. */
async function begun(
  listener: Listener,
  loop: Notifications,
): Promise<{ turn: Promise<IteratorResult<Heard, undefined>> }> {
  const turn = loop.next();
  turn.catch(() => undefined); // looked at later
  await expect.poll(() => listener.stats.isListening, { timeout: 10_000 }).toBe(true);
  return { turn };
}

const said = (heard: Heard): string => ("gap" in heard ? "gap" : heard.payload);

describe("listen as a loop", () => {
  it("is given what is sent from its first turn on, in order, and listens no more once it is left", async () => {
    const listener = open(server.url);
    const got: string[] = [];
    const loop = listener.listen("loop");
    expect(listener.stats.subscriptions).toBe(0);
    const sending = expect.poll(() => listener.stats.isListening, { timeout: 10_000 }).toBe(true);
    const sent = sending.then(async () => {
      for (let n = 0; n < 5; n += 1) await notify("loop", String(n));
    });
    for await (const heard of loop) {
      expectTypeOf(heard).toEqualTypeOf<Heard>();
      got.push(said(heard));
      if (got.length === 5) break;
    }
    await sent;
    expect(got).toEqual(["0", "1", "2", "3", "4"]);
    expect(listener.stats.subscriptions).toBe(0);
  });

  it("throws the reason of its signal, also of one that had aborted before", async () => {
    const listener = open(server.url);
    const controller = new AbortController();
    const loop = listener.listen("loop", { signal: controller.signal });
    const { turn } = await begun(listener, loop);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(turn).rejects.toBe(reason);
    await expect(loop.next()).resolves.toEqual({ done: true, value: undefined });
    expect(listener.stats.subscriptions).toBe(0);
    await expect(listener.listen("loop", { signal: AbortSignal.abort(reason) }).next()).rejects.toBe(reason);
  });

  it("is given the gap of an outage in the place where something may be missing", async () => {
    await using proxy = await faultProxy({ target: server });
    const listener = open(proxy.url(server.url));
    await using loop = listener.listen("loop");
    const { turn } = await begun(listener, loop);
    await notify("loop", "before");
    expect(said((await turn).value!)).toBe("before");
    proxy.reset();
    const missed = await loop.next();
    expect(missed.value).toMatchObject({ gap: { cause: expect.any(Error) as unknown } });
    await notify("loop", "after");
    expect(said((await loop.next()).value!)).toBe("after");
  });

  it("drops what a loop that is slow cannot hold, and tells that as a gap behind what it held", async () => {
    const listener = open(server.url);
    await using loop = listener.listen("loop", { maxQueued: 3 });
    const { turn } = await begun(listener, loop);
    await notify("loop", "0");
    await turn;
    const last = Promise.withResolvers<string>();
    await listener.listen("loop", (payload) => {
      if (payload === "6") last.resolve(payload);
    });
    for (let n = 1; n <= 6; n += 1) await notify("loop", String(n));
    await last.promise;
    const got: string[] = [];
    for (let n = 0; n < 4; n += 1) got.push(said((await loop.next()).value!));
    expect(got).toEqual(["1", "2", "3", "gap"]);
    await notify("loop", "7");
    expect(said((await loop.next()).value!)).toBe("7");
  });

  it("ends with POOL_CLOSED when the client is closed, and in silence when it is left while it waits", async () => {
    const db = await postgres({ url: server.url }).connect();
    const closed = db.client.listen("loop").next();
    const heard = expect(closed).rejects.toMatchObject({ code: "POOL_CLOSED" });
    const left = db.client.listen("loop");
    const waiting = left.next();
    await left.return();
    await expect(waiting).resolves.toEqual({ done: true, value: undefined });
    await db.disconnect();
    await heard;
  });

  it("refuses what it does not know at once", () => {
    const listener = open(server.url);
    expect(() => listener.listen("loop", { onGap: () => undefined } as object)).toThrow('unknown option "onGap"');
    expect(() => listener.listen("loop", { maxQueued: 0 })).toThrow("maxQueued must be an integer above 0");
    expect(() => listener.listen("")).toThrow("must not be empty");
  });
});
