import { type Clock, type Timer } from "@pool/core";
import { mostPerSecond } from "@pool/testing";
import { expect, test } from "vitest";
import { Dials } from "../src/channel/dials.js";
import { type DialledMember } from "../src/channel/dials-options.js";
import { type EtcdConnection } from "../src/wire/connection.js";

/** Time that a test passes. */
class TestClock implements Clock {
  readonly #timers = new Map<Timer, { readonly at: number; readonly callback: () => void }>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer: Timer = { ref: () => timer, unref: () => timer };
    this.#timers.set(timer, { at: this.#now + ms, callback });
    return timer;
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer);
  }

  async pass(ms: number): Promise<void> {
    for (const until = this.#now + ms; this.#now < until; this.#now++) {
      for (const [timer, { at, callback }] of this.#timers) {
        if (at > this.#now) continue;
        this.#timers.delete(timer);
        callback();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test.each([0, 0.5, 0.999])(
  "a cluster whose only member that runs knows no leader costs less than 20 connects in any second (random %f)",
  async (random) => {
    const clock = new TestClock();
    const startedAt: number[] = [];
    let current: EtcdConnection | undefined;
    const endpoints = [1, 2, 3].map((port) => ({ host: "test", port, tls: false }));
    const dials: Dials = new Dials({
      name: "test",
      clock,
      random: () => random,
      endpoints,
      dialTimeout: 3_000,
      dial: async ({ port }): Promise<DialledMember> => {
        startedAt.push(clock.now());
        if (port !== 1) throw new Error("refused");
        const connection = { endpoint: endpoints[0], close: () => Promise.resolve() };
        return Promise.resolve({ connection: connection as unknown as EtcdConnection, hasLeader: false }); // as much of it as is used
      },
      wanted: () => current === undefined,
      opened(connection) {
        current = connection;
        // It is left when the first call on it is told that nobody leads.
        clock.setTimeout(() => {
          current = undefined;
          dials.skip();
          dials.pursue();
        }, 20);
      },
      failed: () => undefined,
    });
    dials.pursue();
    await clock.pass(5_000);
    dials.close();
    expect(startedAt.length).toBeGreaterThan(20);
    expect(mostPerSecond(startedAt)).toBeLessThan(20);
  },
);
