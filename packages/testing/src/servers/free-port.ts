import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

// Below the ports that systems hand out by themselves: nobody else's connection takes ours while our server is down.
const FIRST = 15_000;
const LAST = 31_000;

/** A loopback port that nobody listens on now, and that the system gives to nobody who does not ask for it by number. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (await isFree(port)) return port;
  }
}

/** Starts something on a free port, and on another one when somebody was quicker. */
export async function onFreePort(start: (port: number) => Promise<void>): Promise<number> {
  for (let left = 5; ; left--) {
    const port = await freePort();
    try {
      await start(port);
      return port;
    } catch (error) {
      if (left === 0 || !/address (already )?in use/i.test(String(error))) throw error;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
