import { useEffect } from "preact/hooks";
import { Announcer } from "./announcer.js";
import { Details } from "./details/details.js";
import type { Feed, FeedState } from "./feed/feed.js";
import { goTo } from "./go-to.js";
import { Alerts, FiringAlerts } from "./sections/alerts.js";
import { CloseReasons } from "./sections/close-reasons.js";
import { Connectors } from "./sections/connectors.js";
import { Header } from "./sections/header.js";
import { Holders, Transactions } from "./sections/holders.js";
import { Leaks } from "./sections/leaks.js";
import { Others } from "./sections/others.js";
import { Pools } from "./sections/pools.js";
import { SlowStatements, Statements } from "./sections/statements.js";
import { Summary } from "./sections/summary.js";

/** The whole page, of one state. */
export function App({ feed, state }: { feed: Feed; state: FeedState }) {
  const { snapshot, histories, status, title } = state;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <>
      <a class="skip" href="#holders" onClick={goTo("holders")}>
        Skip the pools
      </a>
      <Header feed={feed} state={state} />
      <main class={status === "live" ? "" : "stale"}>
        {!snapshot && <p class="empty">Waiting for the first numbers of this service.</p>}
        {snapshot && (
          <>
            <Summary snapshot={snapshot} />
            <FiringAlerts snapshot={snapshot} />
            <Pools snapshot={snapshot} histories={histories} />
            <div class="columns">
              <div>
                <Holders snapshot={snapshot} />
                <Statements snapshot={snapshot} />
                <SlowStatements snapshot={snapshot} />
              </div>
              <div>
                <Transactions snapshot={snapshot} />
                <Leaks snapshot={snapshot} />
                <Alerts snapshot={snapshot} />
                <Connectors snapshot={snapshot} />
                <CloseReasons snapshot={snapshot} />
                <Others snapshot={snapshot} />
              </div>
            </div>
          </>
        )}
      </main>
      <Details state={state} />
      <Announcer state={state} />
    </>
  );
}
