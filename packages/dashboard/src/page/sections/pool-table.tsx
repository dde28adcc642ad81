import type { PoolSnapshot } from "@pool/monitor";
import type { FeedState } from "../feed/feed.js";
import { empty } from "../feed/history.js";
import { count, spanOf } from "../format.js";
import { type Column, DataTable } from "../parts/data-table.js";
import { Spark } from "../parts/spark.js";
import { conditionOf } from "../pressure.js";
import { open } from "../route.js";
import { PoolCondition } from "./pool-condition.js";

interface Props {
  readonly pools: readonly PoolSnapshot[];
  readonly histories: FeedState["histories"];
}

/** Many pools, a line each. */
export function PoolTable({ pools, histories }: Props) {
  const columns: Column<PoolSnapshot>[] = [
    {
      label: "Pool",
      cell: (pool) => (
        <>
          {pool.name}{" "}
          <span class="narrow">
            <PoolCondition pool={pool} />
          </span>
        </>
      ),
    },
    { label: "Last 2 minutes", extra: true, cell: ({ name }) => <Spark history={histories.get(name) ?? empty()} /> },
    {
      label: "In use",
      numeric: true,
      cell: ({ stats, utilisation }) => (
        <span class="bar" style={{ "--share": `${Math.round(utilisation * 100)}%` }}>
          {count(stats.leased)} / {count(stats.maxSize)}
        </span>
      ),
    },
    { label: "Idle", numeric: true, extra: true, cell: ({ stats }) => count(stats.idle) },
    { label: "Waiting", numeric: true, cell: ({ stats }) => count(stats.waiting) },
    { label: "Wait p95", numeric: true, extra: true, cell: ({ wait }) => spanOf(wait.count, wait.p95) },
    { label: "Wait p99", numeric: true, cell: ({ wait }) => spanOf(wait.count, wait.p99) },
    { label: "Hold p95", numeric: true, extra: true, cell: ({ hold }) => spanOf(hold.count, hold.p95) },
    { label: "Hold p99", numeric: true, extra: true, cell: ({ hold }) => spanOf(hold.count, hold.p99) },
    { label: "Timeouts", numeric: true, extra: true, cell: ({ recent }) => count(recent.timeouts) },
    { label: "State", extra: true, cell: (pool) => <PoolCondition pool={pool} /> },
  ];
  return (
    <DataTable
      label="Pools"
      columns={columns}
      rows={pools}
      idOf={({ name }) => name}
      onOpen={({ name }) => open("pool", name)}
      toneOf={conditionOf}
      empty=""
      first={12}
    />
  );
}
