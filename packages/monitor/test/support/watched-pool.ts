import { createPool, type Pool, type PoolOptions, type ResourceFactory } from "@pool/core";
import { onTestFinished } from "vitest";
import { watch, type Monitor, type MonitorOptions } from "../../src/index.js";
import { ManualClock } from "./manual-clock.js";

/** What the test's pools lend: a test may say that a transaction is open on it. */
export interface Thing {
  inTransaction: boolean;
}

export type ThingFactory = Partial<ResourceFactory<Thing>>;

export function thingPool(clock: ManualClock, options: PoolOptions = {}, factory: ThingFactory = {}): Pool<Thing> {
  const things: ResourceFactory<Thing> = {
    kind: "thing",
    create: async () => ({ inTransaction: false }),
    reset: async (thing) => void Object.assign(thing, { inTransaction: false }),
    close: () => undefined,
    status: ({ inTransaction }) => ({ inTransaction, clean: !inTransaction, busy: false }),
    ...factory,
  };
  const pool = createPool(things, { name: "main", random: () => 0, ...options, clock });
  onTestFinished(async () => {
    const closed = pool.close({ timeout: 0 });
    await clock.advance(5_000);
    await closed;
  });
  return pool;
}

/** A monitor on a clock that the test moves, disposed with the test. */
export function testMonitor(options: MonitorOptions = {}): { readonly monitor: Monitor; readonly clock: ManualClock } {
  const clock = options.clock instanceof ManualClock ? options.clock : new ManualClock();
  const monitor = watch({ traceId: () => undefined, ...options, clock });
  onTestFinished(() => monitor[Symbol.dispose]());
  return { monitor, clock };
}

/** Lines that a test's logger was given. */
export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

export function memoryLogger() {
  const lines: Line[] = [];
  const writer =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push({ level, message, fields: { ...fields } });
  return {
    lines,
    logger: { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") },
  };
}

/** One of a list, by its name. */
export function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((item) => item.name === name);
  if (found === undefined) throw new Error(`${name} is not among ${list.map((item) => item.name).join(", ")}`);
  return found;
}
