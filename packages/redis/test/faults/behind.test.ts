import { isPoolError } from "@pool/core";
import { faultProxy, tell } from "@pool/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { redis } from "../../src/index.js";
import { ownServer } from "../support.js";

const { server } = await ownServer();
const MB = 2 ** 20;
const VALUE = "x".repeat(4_096);

// Answers trickle in all the time, so that the server is never silent. Alone in its process, since memory is measured.
it.each(["upstream", "downstream"] as const)(
  "what comes faster than it can be sent or answered %s is refused, and memory stays bounded",
  { timeout: 30_000 },
  async (direction) => {
    await using proxy = await faultProxy({ target: server });
    const limits = { commandTimeout: 500, maxQueued: 500, minIdle: 0 };
    const connector = await redis({ url: proxy.url(server.url), ...limits }).connect();
    const { client } = connector;
    await client.call("SET", "k", VALUE);
    proxy.bandwidth(20_000, { direction });
    const codes = new Map<string, number>();
    const command = direction === "upstream" ? ["SET", "k", VALUE] : ["GET", "k"];
    const used = (): number => {
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      return (heapUsed + external) / MB;
    };
    let before = 0;
    let most = 0;
    for (let round = 0; round < 400; round++) {
      if (round === 150) before = used();
      for (let n = 0; n < 30; n++)
        client.call(command[0]!, ...command.slice(1)).catch((error: unknown) => {
          const code = isPoolError(error) ? error.code : String(error);
          codes.set(code, (codes.get(code) ?? 0) + 1);
        });
      most = Math.max(most, connector.gauges?.inFlight ?? 0);
      await sleep(10);
    }
    const growth = used() - before;
    tell(`${direction}: ${growth.toFixed(1)} MB more, ${most} in flight at most, ${JSON.stringify([...codes])}`);
    expect([...codes.keys()].toSorted()).toEqual(["COMMAND_TIMEOUT", "QUEUE_FULL"]);
    expect(most).toBeLessThan(4_000);
    expect(growth).toBeLessThan(8);
    await proxy.heal();
    await expect.poll(() => client.call("PING").catch(() => "not yet"), { timeout: 5_000 }).toBe("PONG");
    await connector.disconnect();
  },
);
