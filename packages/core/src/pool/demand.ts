import type { Engine } from "./engine.js";

/** How many more resources there is use for: those who wait, `minIdle` and a warm-up, less what is on its way, and never over the limit. */
export function demandOf<R>({
  state,
  tally,
  idle,
  limits,
  entries,
  growing,
  vetting,
  waiting,
  warmTarget,
}: Engine<R>): number {
  if (state !== "open") return 0;
  const coming = growing.coming + tally.resetting + vetting.coming;
  const wanted = waiting + limits.minIdle - idle.size - coming;
  const present = entries.size - tally.closing;
  return Math.min(Math.max(wanted, warmTarget - present), limits.maxSize - entries.size);
}
