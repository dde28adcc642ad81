import { expect } from "vitest";
import { type Admin } from "../support.js";
import { LEDGER, type Operation } from "./load.js";

/**
 * Compares what is on the server with what callers were told: what was acknowledged is there once, what was not sent is not there, and nothing is there
 * twice.
 */
export async function expectExact(admin: Admin, operations: readonly Operation[]): Promise<void> {
  const written = new Map(Object.entries(await admin.redis.hgetall(LEDGER)).map(([id, n]) => [Number(id), Number(n)]));
  const wrong = operations.filter((operation) => {
    const times = written.get(operation.id) ?? 0;
    const { kind, outcome, sent } = operation;
    if (kind === "read" || kind === "blocking") return times !== 0;
    return outcome === "ok" ? times !== 1 : times > (sent ? 1 : 0);
  });
  expect(wrong.map((operation) => ({ ...operation, times: written.get(operation.id) ?? 0 }))).toEqual([]);
}
