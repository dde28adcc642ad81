import { type Lease, type Pool } from "@pool/core";
import { type SqlitePools } from "./client.js";

type Readers = Pick<SqlitePools, "threads" | "processes">;

/** Has somebody read for so many ms, and may go on for as long again? */
export function isReadFor({ threads, processes }: Readers, ms: number): boolean {
  return [threads, processes].some((pool) => pool.holders().some(({ heldMs }) => heldMs > ms));
}

/**
 * Runs `work` while nobody reads through the pools: borrows every reader, as it comes free and before anybody else, so that no read begins. Those
 * under way are waited for up to `patience` ms. False when that is not enough, or `work` says so.
 */
export async function whileNobodyReads(
  { threads, processes }: Readers,
  patience: number,
  work: () => Promise<boolean>,
): Promise<boolean> {
  const signal = AbortSignal.timeout(patience);
  const { size, maxSize } = processes.stats;
  // No process is started for this.
  if (size > 0) processes.resize({ maxSize: size });
  const borrowed = await Promise.allSettled([
    ...borrow(threads, threads.stats.maxSize, signal),
    ...borrow(processes, size, signal),
  ]);
  try {
    return borrowed.every(({ status }) => status === "fulfilled") && (await work());
  } finally {
    for (const one of borrowed) if (one.status === "fulfilled") one.value.release();
    if (size > 0) processes.resize({ maxSize });
  }
}

function borrow<R>(pool: Pool<R>, count: number, signal: AbortSignal): Promise<Lease<R>>[] {
  return Array.from({ length: count }, () => pool.acquire({ signal, priority: "high", label: "checkpoint" }));
}
