import { setTimeout as sleep } from "node:timers/promises";
import { collectGarbage } from "../lib/rounds.ts";
import { drive } from "./loads.ts";
import { between, read, type Figures } from "../lib/measure.ts";
import type { PostgresSubject } from "./subject.ts";

export interface DriftOptions {
  /** How long each contestant is kept busy, in ms. */
  readonly durationMs: number;
  /** How much of it counts as its beginning, and as its end. */
  readonly windowMs: number;
  /** Before it begins, so that everything is compiled. */
  readonly warmupMs: number;
}

export const DRIFT: DriftOptions = { durationMs: 60_000, windowMs: 10_000, warmupMs: 3_000 };

export interface DriftReport {
  readonly name: string;
  readonly first: Figures;
  readonly last: Figures;
  /** How much dearer a statement is at the end, of 1, by CPU time. */
  readonly drift: number;
}

const SATURATION = { statement: "point", callers: 100 } as const;

/** Keeps one contestant busy for long: is a statement as cheap at the end as at the beginning? */
export async function measureDrift(
  name: string,
  subject: PostgresSubject,
  options: DriftOptions,
): Promise<DriftReport> {
  const { durationMs, windowMs, warmupMs } = options;
  collectGarbage();
  let done = 0;
  let over = false;
  const driving = drive(subject, SATURATION, () => (over ? undefined : done++));
  const window = async (): Promise<Figures> => {
    const [start, before] = [read(), done];
    await sleep(windowMs);
    return between(start, read(), done - before);
  };
  await sleep(warmupMs);
  const first = await window();
  await sleep(durationMs - 2 * windowMs);
  const last = await window();
  over = true;
  await driving;
  return { name, first, last, drift: last.cpu / first.cpu - 1 };
}
