/** How a contestant is watched. */
export interface Watching {
  readonly name: string;
  readonly library?: "pg";
  readonly monitor?: "on" | "disposed";
  readonly stacks?: "sampled" | "all";
  readonly openTelemetry?: boolean;
}

/**
 * Is it watched and not watched in turns, in its one process? Two processes that do the same differ by more than watching costs, from what each has compiled and where
 * its objects lie. OpenTelemetry cannot be taken out of a process again.
 */
export function isInTurns({ monitor, openTelemetry }: Watching): boolean {
  return monitor === "on" && openTelemetry !== true;
}

export interface MonitorLoad {
  readonly name: "lease" | "query";
  readonly title: string;
  /** Operations in one measurement. */
  readonly count: number;
  /** Who every other is compared with. */
  readonly baseline: string;
  readonly contestants: readonly Watching[];
}

const NONE = "ours, no monitor";

const ours: readonly Watching[] = [
  { name: NONE },
  { name: "ours, monitor disposed", monitor: "disposed" },
  { name: "ours, monitor on", monitor: "on" },
  { name: "ours, no monitor, sampled stacks", stacks: "sampled" },
  { name: "ours, monitor on, sampled stacks", monitor: "on", stacks: "sampled" },
  { name: "ours, no monitor, all stacks", stacks: "all" },
  { name: "ours, monitor on, all stacks", monitor: "on", stacks: "all" },
  { name: "ours, monitor on, OpenTelemetry spans and metrics", monitor: "on", openTelemetry: true },
];

export const monitorLoads: readonly MonitorLoad[] = [
  {
    name: "lease",
    title: "acquire, one statement, release, over a resource that costs nothing",
    count: 100_000,
    baseline: NONE,
    contestants: ours,
  },
  {
    name: "query",
    title: "a read by key from PostgreSQL, 10 callers",
    count: 16_000,
    baseline: NONE,
    contestants: [
      ...ours.filter(({ stacks }) => stacks !== "sampled"),
      { name: "pg.Pool", library: "pg" },
      { name: "pg.Pool, instrumentation-pg", library: "pg", openTelemetry: true },
    ],
  },
];
