import type { PoolSnapshot } from "@pool/monitor";
import { Badge, type Tone } from "../parts/badge.js";
import { type Condition, CONDITION_NAMES, conditionOf } from "../pressure.js";

const TONES: Readonly<Record<Condition, Tone>> = {
  closed: "plain",
  draining: "plain",
  unreachable: "bad",
  starved: "fair",
  busy: "fair",
  calm: "good",
};

/** How a pool fares, and when its connects fail, why. Nothing when there is nothing to say. */
export function PoolCondition({ pool }: { pool: PoolSnapshot }) {
  const condition = conditionOf(pool);
  if (condition === "calm") return null;
  const { lastError } = pool.stats;
  const why = condition === "unreachable" && lastError?.code ? `: ${lastError.code}` : "";
  return (
    <Badge tone={TONES[condition]}>
      {CONDITION_NAMES[condition]}
      {why}
    </Badge>
  );
}
