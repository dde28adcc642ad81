import type { PoolSnapshot } from "@pool/monitor";
import type { History } from "../feed/history.js";
import { count, spanOf } from "../format.js";
import { Chart } from "../parts/chart.js";
import { connections } from "../parts/plot.js";
import { conditionOf } from "../pressure.js";
import { open } from "../route.js";
import { PoolCondition } from "./pool-condition.js";

/** One pool with its chart and the numbers that are asked for first. */
export function PoolCard({ pool, history }: { pool: PoolSnapshot; history: History }) {
  const { name, kind, stats, wait, hold, recent } = pool;
  return (
    <li class={`card ${conditionOf(pool)}`} data-pool={name}>
      <header>
        <h3>
          <button type="button" class="text" onClick={() => open("pool", name)}>
            {name}
          </button>
        </h3>
        <span class="note">{kind}</span>
        <PoolCondition pool={pool} />
        <p class="gauge">
          <b data-field="leased">{count(stats.leased)}</b> of <span data-field="limit">{count(stats.maxSize)}</span> in
          use
        </p>
      </header>
      <Chart plot={connections} name={name} history={history} height={132} />
      <dl class="facts">
        <div>
          <dt>Idle</dt>
          <dd data-field="idle">{count(stats.idle)}</dd>
        </div>
        <div class={stats.waiting > 0 ? "fair" : undefined}>
          <dt>Waiting</dt>
          <dd data-field="waiting">{count(stats.waiting)}</dd>
        </div>
        <div>
          <dt>Wait p95 · p99</dt>
          <dd data-field="wait">
            {spanOf(wait.count, wait.p95)} · {spanOf(wait.count, wait.p99)}
          </dd>
        </div>
        <div>
          <dt>Hold p95 · p99</dt>
          <dd data-field="hold">
            {spanOf(hold.count, hold.p95)} · {spanOf(hold.count, hold.p99)}
          </dd>
        </div>
        <div class={recent.timeouts > 0 ? "bad" : undefined}>
          <dt>Timeouts</dt>
          <dd data-field="timeouts">{count(recent.timeouts)}</dd>
        </div>
      </dl>
    </li>
  );
}
