import { useEffect, useState } from "preact/hooks";
import type { Feed, FeedState } from "../feed/feed.js";
import { span, timeOfDay } from "../format.js";

/** Whether what is shown is of now; when it is not, how old it is, and what is done about it. */
export function Status({ feed, state }: { feed: Feed; state: FeedState }) {
  const { status, snapshot, receivedAt, retryAt, saidBye } = state;
  const now = useSeconds(status !== "live");
  const age = snapshot && status !== "live" ? span(Math.max(0, now - receivedAt)) : undefined;
  switch (status) {
    case "live":
      return (
        <p class="status live">
          <i aria-hidden="true" />
          Live <time>{timeOfDay(snapshot?.takenAt ?? now)}</time>
        </p>
      );
    case "paused":
      return (
        <p class="status paused">
          <i aria-hidden="true" />
          Paused{age && `: this is ${age} old`}
        </p>
      );
    case "connecting":
      return (
        <p class="status">
          <i aria-hidden="true" />
          {age ? `Connecting: this is ${age} old` : "Connecting"}
        </p>
      );
    case "broken":
      return (
        <p class="status broken">
          <i aria-hidden="true" />
          <span>
            {saidBye ? "The service has shut down" : "No connection"}
            {age && `: this is ${age} old`}.{retryAt !== undefined && ` Next try ${inSeconds(retryAt - now)}.`}
          </span>
          <button type="button" onClick={() => feed.retryNow()}>
            Try now
          </button>
        </p>
      );
  }
}

function inSeconds(ms: number): string {
  return ms < 1_000 ? "now" : `in ${Math.round(ms / 1_000)} s`;
}

/** The time, every second while it is asked for. */
function useSeconds(wanted: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!wanted) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [wanted]);
  return now;
}
