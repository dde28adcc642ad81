import type { Feed, FeedState } from "../feed/feed.js";
import { span } from "../format.js";
import { type Theme, useTheme } from "../theme.js";
import { Status } from "./status.js";

const THEMES: Readonly<Record<Theme, string>> = { system: "As the system", light: "Light", dark: "Dark" };

/** What is shown, how fresh it is, and the two switches that every page has. */
export function Header({ feed, state }: { feed: Feed; state: FeedState }) {
  const [theme, setTheme] = useTheme();
  const { snapshot, title, status } = state;
  return (
    <header class="top">
      <div class="name">
        <h1>{title}</h1>
        {snapshot && (
          <p class="about">
            process {snapshot.pid} · watched for {span(snapshot.takenAt - snapshot.startedAt)}
          </p>
        )}
      </div>
      <Status feed={feed} state={state} />
      <div class="switches">
        <button type="button" onClick={() => (status === "paused" ? feed.resume() : feed.pause())}>
          {status === "paused" ? "Resume" : "Pause"}
        </button>
        <label>
          <span class="unseen">Theme</span>
          <select value={theme} onChange={({ currentTarget }) => setTheme(currentTarget.value as Theme)}>
            {Object.entries(THEMES).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
    </header>
  );
}
