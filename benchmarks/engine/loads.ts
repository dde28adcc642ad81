import type { StormKind } from "./storm.ts";

/** What one column of the table measures, and the figure that ours has to meet. */
export interface Load {
  readonly name: string;
  readonly title: string;
  readonly unit: "ns" | "B";
  /** Most that ours may cost, as a multiple of the limit (of bytes: themselves). */
  readonly goal: number;
  /** Timeout that every engine is given; undefined leaves each with its default. */
  readonly timeout?: number;
  readonly work:
    | { readonly kind: "uncontended"; readonly count: number }
    | { readonly kind: "tasks"; readonly count: number; readonly borrows: number }
    | { readonly kind: "burst"; readonly count: number }
    | { readonly kind: "memory"; readonly count: number }
    | { readonly kind: "storm"; readonly storm: StormKind; readonly count: number };
}

/** Resources in every pool. */
export const POOL_SIZE = 10;

/** The loads; `scale` 1 is the real thing, less is for a smoke test. */
export function allLoads(scale = 1): readonly Load[] {
  const n = (count: number): number => Math.max(20, Math.round(count * scale));
  return [
    {
      name: "uncontended",
      title: "uncontended",
      unit: "ns",
      goal: 1.5,
      work: { kind: "uncontended", count: n(20_000) },
    },
    {
      name: "tasks",
      title: "1000 tasks over 10",
      unit: "ns",
      goal: 1.4,
      work: { kind: "tasks", count: n(1_000), borrows: n(10) },
    },
    { name: "burst-10k", title: "burst of 10 k", unit: "ns", goal: 1.4, work: { kind: "burst", count: n(10_000) } },
    { name: "burst-100k", title: "burst of 100 k", unit: "ns", goal: 1.5, work: { kind: "burst", count: n(100_000) } },
    {
      name: "timeout",
      title: "with 30 s timeout",
      unit: "ns",
      goal: 1.5,
      timeout: 30_000,
      work: { kind: "uncontended", count: n(20_000) },
    },
    { name: "memory", title: "bytes per waiter", unit: "B", goal: 400, work: { kind: "memory", count: n(10_000) } },
    ...(["timeouts", "aborts-shared", "aborts-each"] as const).map((storm): Load => ({
      name: storm,
      title: {
        timeouts: "10 k timeouts",
        "aborts-shared": "10 k aborts, one signal",
        "aborts-each": "10 k aborts, one each",
      }[storm],
      unit: "ns",
      goal: 1.3,
      work: { kind: "storm", storm, count: n(10_000) },
    })),
  ];
}
