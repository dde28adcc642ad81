import { useEffect, useRef, useState } from "preact/hooks";
import type { FeedState } from "./feed/feed.js";
import { plural } from "./format.js";

const PAUSE = 5_000;

/** Tells those who do not see the page what they would have to look at: changes of what matters, several in one sentence, not every second. */
export function Announcer({ state }: { state: FeedState }) {
  const [text, setText] = useState("");
  const told = useRef<Readonly<Record<string, string>>>(null);
  const toldAt = useRef(-Infinity);
  useEffect(() => {
    const facts = factsOf(state);
    if (!facts || performance.now() - toldAt.current < PAUSE) return;
    const before = told.current;
    told.current = facts;
    if (!before) return;
    const changed = Object.entries(facts).filter(([key, fact]) => before[key] !== fact);
    if (changed.length === 0) return;
    toldAt.current = performance.now();
    setText(`${changed.map(([, fact]) => fact).join(". ")}.`);
  }, [state]);
  return (
    <div class="unseen" role="status">
      {text}
    </div>
  );
}

/** What is told, in whole sentences that stay the same while nothing changes. */
function factsOf({ status, snapshot }: FeedState): Record<string, string> | undefined {
  if (!snapshot || status === "connecting") return undefined;
  const { firing } = snapshot.alerts;
  const leaks = snapshot.leaks.filter(({ state }) => state === "open").length;
  const failing = snapshot.pools.filter(({ stats }) => stats.failures > 0).map(({ name }) => name);
  const sick = snapshot.connectors.filter(({ state }) => state !== "ready");
  return {
    stream: { live: "Live again", broken: "The connection is lost", paused: "Paused" }[status],
    alerts: firing.length === 0 ? "No alert fires" : `Alerts: ${firing.map(({ message }) => message).join("; ")}`,
    leaks: leaks === 0 ? "No leak is open" : `${plural(leaks, "leak")} open`,
    pools: failing.length === 0 ? "All pools connect" : `Connects fail in ${failing.join(", ")}`,
    connectors:
      sick.length === 0
        ? "All connectors are ready"
        : `Connectors: ${sick.map((one) => `${one.name} is ${one.state}`).join(", ")}`,
  };
}
