import type { PoolSnapshot } from "@pool/monitor";
import type { History } from "../feed/history.js";
import { count, plural, span } from "../format.js";
import { Chart } from "../parts/chart.js";
import { Distributions } from "../parts/distributions.js";
import { Facts } from "../parts/facts.js";
import { connections, holds, waits, work } from "../parts/plot.js";
import { ReasonTable, reasonsOf } from "../sections/close-reasons.js";
import { PoolCondition } from "../sections/pool-condition.js";
import { PoolActions } from "./pool-actions.js";

const PLOTS = [connections, waits, holds, work];

interface Props {
  readonly pool: PoolSnapshot;
  readonly history: History;
  readonly canAct: boolean;
}

/** A pool in full: over time, in numbers, and what may be done to it. */
export function PoolDetails({ pool, history, canAct }: Props) {
  const { name, stats, sums, limits } = pool;
  const { lastError } = stats;
  return (
    <>
      <PoolCondition pool={pool} />
      {lastError && (
        <p class="trouble">
          {lastError.code && <b>{lastError.code} </b>}
          {lastError.message}
        </p>
      )}
      {PLOTS.map((plot) => (
        <Chart key={plot.title} plot={plot} name={name} history={history} height={150} group={name} />
      ))}
      <h3>Times</h3>
      <Distributions label={`Times of ${name}`} rows={timesOf(pool)} />
      <h3>Now</h3>
      <Facts facts={nowOf(pool)} />
      <h3>Since it is watched</h3>
      <Facts
        facts={{
          "Lent and given back": `${count(sums.acquired)} · ${count(sums.released)}`,
          "Timeouts, refused": `${count(sums.timeouts)} · ${count(sums.refused)}`,
          "Held, of it busy": `${span(sums.heldMs)} · ${span(sums.busyMs)}`,
          "Opened, failed to open": `${count(sums.created)} · ${count(sums.createFailed)}`,
          "Statements, errors": `${count(sums.statements)} · ${count(sums.errors)}`,
          "Came back in a transaction": sums.openTransactions > 0 && count(sums.openTransactions),
          "Errors by class": Object.entries(sums.errorsByClass)
            .filter(([, n]) => n > 0)
            .map(([kind, n]) => `${kind} ${count(n)}`)
            .join(", "),
        }}
      />
      <h3>Why connections were closed</h3>
      <ReasonTable reasons={reasonsOf([stats.totals.closedBy])} />
      {canAct && <PoolActions key={name} name={name} limits={limits} />}
    </>
  );
}

function timesOf({ wait, hold, use, create, statement }: PoolSnapshot) {
  return [
    ["Wait for a connection", wait],
    ["Hold", hold],
    ["Busy within a hold", use],
    ["Statement", statement],
    ["Opening a connection", create],
  ] as const;
}

function nowOf({ stats, limits, instances }: PoolSnapshot) {
  const { maxSize, maxIdle, minIdle, maxWaiting } = limits;
  return {
    "In use": `${count(stats.leased)} of ${count(maxSize)}`,
    Idle: `${count(stats.idle)}, kept between ${count(minIdle)} and ${count(maxIdle)}`,
    Waiting: `${count(stats.waiting)}${maxWaiting === null ? "" : ` of at most ${count(maxWaiting)}`}`,
    "On their way":
      ["connecting", "validating", "resetting", "closing"]
        .map((state) => [state, stats[state as "connecting"]] as const) // each of them is a count of the stats
        .filter(([, n]) => n > 0)
        .map(([state, n]) => `${count(n)} ${state}`)
        .join(", ") || "none",
    Generation: count(stats.generation),
    "Pools of this name": instances !== 1 && plural(instances, "pool"),
  };
}
