import { setTimeout as sleep } from "node:timers/promises";
import type { SqliteEngine } from "./subject.ts";

const SLOW_MS = 200;

/** Answers without any database: what the mixed load shows by itself, on this machine, at this hour. */
export const nothing: SqliteEngine = {
  name: "no database",
  open: () => {
    const item = (id: number): { id: number; name: string; price: number } => ({ id, name: "none", price: 0 });
    return Promise.resolve({
      points: (count) => count,
      point: item,
      read: item,
      slow: (count) => sleep(SLOW_MS, count),
      insert: () => undefined,
      batch: () => undefined,
      close: () => undefined,
    });
  },
};
