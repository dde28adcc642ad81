import { type Operation } from "@pool/testing";
import { expect } from "vitest";
import { etcd, type EtcdClient } from "../../src/index.js";

export type Kind = "read" | "write" | "swap";
export const KINDS: readonly Kind[] = ["read", "write", "read", "swap"];

/** One operation of the load: a read of what is known, a key of its own, or a step of one of 64 counters. */
export async function operate(client: EtcdClient, id: number, kind: Kind): Promise<void> {
  if (kind === "read") {
    const found = await client.get("known");
    if (found?.value !== "yes") throw new Error(`wrong reply: ${String(found?.value)}`);
  } else if (kind === "write") {
    await client.put(`write/${String(id)}`, String(id));
  } else {
    const key = `counter/${String(id % 64)}`;
    const found = await client.get(key);
    const step = `${String(Number(found?.value.split(" ")[0] ?? 0) + 1)} by ${String(id)}`;
    await client.swap(key, step, { ifRevision: found?.modRevision ?? 0n });
  }
}

/** Has what the load reads. */
export async function prepare(client: EtcdClient): Promise<void> {
  await client.put("known", "yes");
}

/**
 * Compares what is in the store with what callers were told: a write that was acknowledged is there once, what was not sent is not there, and nothing is
 * there twice (the version of a key says how often it was written). A counter has grown by one with each of its versions.
 */
export async function expectExact(
  endpoints: string | readonly string[],
  operations: readonly Operation[],
): Promise<void> {
  await using connector = await etcd({ endpoints, callTimeout: 20_000, dialTimeout: 20_000 }).connect();
  const { client } = connector;
  const written = await client.getAll({ prefix: "write/" });
  const times = new Map(written.entries.map(({ value, version }) => [Number(value), Number(version)]));
  const wrong = operations.filter(({ id, kind, outcome, maybeSent }) => {
    const found = times.get(id) ?? 0;
    if (kind !== "write") return found > 0;
    if (outcome === "ok") return found !== 1;
    return found > (maybeSent ? 1 : 0);
  });
  expect(wrong.map((operation) => ({ ...operation, found: times.get(operation.id) ?? 0 }))).toEqual([]);
  const counters = await client.getAll({ prefix: "counter/" });
  for (const { key, value, version } of counters.entries)
    expect([key, Number(value.split(" ")[0])]).toEqual([key, Number(version)]);
}
