import { collectGarbage, turnOfTheLoop } from "../lib/rounds.ts";
import type { Subject } from "./subject.ts";

/** Heap bytes that one acquire takes while it waits: its promise and all that the engine keeps for it. Needs `--expose-gc`. */
export async function bytesPerWaiter(subject: Subject<unknown>, count: number, size: number): Promise<number> {
  const held = await Promise.all(Array.from({ length: size }, () => subject.acquire()));
  const waiting = new Array<PromiseLike<unknown> | undefined>(count).fill(undefined);
  const before = await settledHeap();
  for (let i = 0; i < count; i++) waiting[i] = subject.acquire();
  const after = await settledHeap();

  for (const lease of held) subject.release(lease);
  for (const promise of waiting) subject.release(await promise);
  return (after - before) / count;
}

async function settledHeap(): Promise<number> {
  await turnOfTheLoop();
  collectGarbage();
  await turnOfTheLoop();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
