import type { EtcdSubject } from "./subject.ts";

export const KEYS = 100;
const VALUE = "a value of some length, as a setting or an address has it";

/** One load: a call, and how many callers make it at once. */
export interface EtcdLoad {
  readonly name: string;
  readonly title: string;
  readonly call: "get" | "put";
  readonly callers: number;
  /** Calls of one measurement. */
  readonly count: number;
}

const COUNT: Readonly<Record<number, number>> = { 1: 400, 10: 1_500, 100: 3_000 };

export const etcdLoads: readonly EtcdLoad[] = (["get", "put"] as const).flatMap((call) =>
  [1, 10, 100].map((callers) => ({
    name: `${call}-${String(callers)}`,
    title: `${call}, ${String(callers)} at once`,
    call,
    callers,
    count: (COUNT[callers] ?? 0) / (call === "put" ? 2 : 1),
  })),
);

export function keyAt(index: number): string {
  return `bench/key-${String(index % KEYS)}`;
}

/** Has all keys there. */
export async function fill(subject: EtcdSubject): Promise<void> {
  for (let index = 0; index < KEYS; index++) await subject.put(keyAt(index), VALUE);
}

/** So many calls, so many callers at once. */
export async function drive(subject: EtcdSubject, { call, callers }: EtcdLoad, count: number): Promise<void> {
  let index = 0;
  const caller = async (): Promise<void> => {
    while (index < count) {
      const key = keyAt(index++);
      if (call === "put") await subject.put(key, VALUE);
      else if ((await subject.get(key)) !== VALUE) throw new Error(`${key} is not what was put`);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}
