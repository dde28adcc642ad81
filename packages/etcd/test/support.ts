import { setTimeout as sleep } from "node:timers/promises";
import { isPoolError, type PoolError } from "@pool/core";
import { expect } from "vitest";

/** The PoolError that something rejects with. */
export async function refusal(work: Promise<unknown>): Promise<PoolError> {
  const error = await work.then(
    (value) => new Error(`it resolved with ${String(value)}`),
    (reason: unknown) => reason,
  );
  if (!isPoolError(error)) throw error;
  return error;
}

export async function expectCode(work: Promise<unknown>, code: string): Promise<PoolError> {
  const error = await refusal(work);
  expect(error.code, error.message).toBe(code);
  return error;
}

/** Waits for something to become true. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, patience = 15_000): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`after ${String(patience)} ms it is still not so: ${what}`);
    await sleep(10);
  }
}

/** Text as etcd's JSON gateway takes bytes. */
export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
