import type { MonitorSnapshot, PoolSnapshot } from "@pool/monitor";
import { useRef, useState } from "preact/hooks";
import type { FeedState } from "../feed/feed.js";
import { empty } from "../feed/history.js";
import { plural } from "../format.js";
import { Section } from "../parts/section.js";
import { pressureOf } from "../pressure.js";
import { PoolCard } from "./pool-card.js";
import { PoolTable } from "./pool-table.js";
import { useStableOrder } from "./stable-order.js";

const ORDERS = {
  pressure: { label: "Pressure", compare: (one, other) => pressureOf(other) - pressureOf(one) },
  name: { label: "Name", compare: (one, other) => one.name.localeCompare(other.name, "en", { numeric: true }) },
  waiting: { label: "Waiting", compare: (one, other) => other.stats.waiting - one.stats.waiting },
  wait: { label: "Wait p99", compare: (one, other) => other.wait.p99 - one.wait.p99 },
  hold: { label: "Hold p99", compare: (one, other) => other.hold.p99 - one.hold.p99 },
  timeouts: { label: "Timeouts", compare: (one, other) => other.recent.timeouts - one.recent.timeouts },
} satisfies Record<string, { label: string; compare: (one: PoolSnapshot, other: PoolSnapshot) => number }>;

/** So many pools have a chart each without being asked for. */
const FEW = 6;

type Order = keyof typeof ORDERS;

/** Every pool: a chart each where they are few, a line each where they are many. */
export function Pools({ snapshot, histories }: { snapshot: MonitorSnapshot; histories: FeedState["histories"] }) {
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState<Order>("pressure");
  const [chosen, setChosen] = useState<"charts" | "list">();
  const { pools } = snapshot;
  const view = chosen ?? (pools.length > FEW ? "list" : "charts");

  const wanted = filter.trim().toLowerCase();
  const found = pools.filter(({ name, kind }) => `${name} ${kind}`.toLowerCase().includes(wanted));
  const { compare } = ORDERS[order];
  const list = useRef<HTMLDivElement>(null);
  const ordered = useStableOrder(list, found, ({ name }) => name, compare, `${order} ${wanted}`);

  const tools = pools.length > 1 && (
    <div class="tools">
      <label>
        <span class="unseen">Filter pools by name or kind</span>
        <input
          type="search"
          placeholder="Filter"
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
      </label>
      <label>
        <span>Sort by</span>
        <select value={order} onChange={({ currentTarget }) => setOrder(currentTarget.value as Order)}>
          {Object.entries(ORDERS).map(([value, { label }]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button type="button" onClick={() => setChosen(view === "list" ? "charts" : "list")}>
        {view === "list" ? "Show charts" : "Show list"}
      </button>
    </div>
  );
  return (
    <Section id="pools" title="Pools" count={pools.length} tools={tools}>
      {pools.length === 0 && <p class="empty">No pool is open. Each shows here as soon as this process makes it.</p>}
      {pools.length > 0 && found.length === 0 && (
        <p class="empty">None of {plural(pools.length, "pool")} has this in its name or kind.</p>
      )}
      <div ref={list}>
        {view === "list" && ordered.length > 0 && <PoolTable pools={ordered} histories={histories} />}
        {view === "charts" && (
          <ul class="cards">
            {ordered.map((pool) => (
              <PoolCard key={pool.name} pool={pool} history={histories.get(pool.name) ?? empty()} />
            ))}
          </ul>
        )}
      </div>
    </Section>
  );
}
