import type { RedisSubject } from "./subject.ts";

/** One load: a command, and how many callers run it at once. */
export interface RedisLoad {
  readonly name: string;
  readonly title: string;
  readonly command: "get" | "set";
  readonly callers: number;
  /** Commands of one measurement. */
  readonly count: number;
}

export const CONCURRENCY = [1, 10, 100, 1_000] as const;
const COUNTS: Readonly<Record<number, number>> = { 1: 1_500, 10: 5_000, 100: 20_000, 1_000: 40_000 };

export const redisLoads: readonly RedisLoad[] = (["get", "set"] as const).flatMap((command) =>
  CONCURRENCY.map((callers) => ({
    name: `${command}-${String(callers)}`,
    title: `${command.toUpperCase()}, ${String(callers)} at once`,
    command,
    callers,
    count: COUNTS[callers] ?? 3_000,
  })),
);

export const KEYS = 100;
export const VALUE = "x".repeat(32);

export function keyAt(index: number): string {
  return `item:${String(index % KEYS)}`;
}

/** Runs commands from `from` on, so many callers at once. */
export async function drive(subject: RedisSubject, { command, callers }: RedisLoad, count: number): Promise<void> {
  let index = 0;
  const caller = async (): Promise<void> => {
    while (index < count) {
      const key = keyAt(index++);
      await (command === "get" ? subject.get(key) : subject.set(key, VALUE));
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}
