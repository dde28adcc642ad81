import type { LeakSnapshot } from "@pool/monitor";
import { timeOfDay } from "../format.js";
import { Badge } from "../parts/badge.js";
import { Facts } from "../parts/facts.js";
import { LEAK_TONES, leakState } from "../sections/leaks.js";
import { HolderDetails } from "./holder-details.js";

const MEANINGS: Readonly<Record<LeakSnapshot["state"], string>> = {
  open: "It is still out.",
  returned: "It came back after all, and the report is withdrawn.",
  reclaimed: "It was taken away, and its connection closed.",
  ended: "Its connection is closed.",
};

/** One leak: what became of it, and who it was. */
export function LeakDetails({ leak }: { leak: LeakSnapshot }) {
  return (
    <>
      <p>
        <Badge tone={LEAK_TONES[leak.state]}>{leakState(leak)}</Badge>{" "}
        {leak.kind === "dropped" ? "It was dropped without a release. " : "It is held for longer than it may. "}
        {MEANINGS[leak.state]}
      </p>
      <Facts
        facts={{ Reported: timeOfDay(leak.reportedAt), Ended: leak.endedAt !== null && timeOfDay(leak.endedAt) }}
      />
      <HolderDetails holder={{ ...leak.holder, leak: false }} />
    </>
  );
}
