import type { MonitorSnapshot } from "@pool/monitor";
import type { ComponentChildren } from "preact";
import type { FeedState } from "../feed/feed.js";
import { empty } from "../feed/history.js";
import type { Route } from "../route.js";
import { AlertDetails } from "./alert-details.js";
import { ConnectorDetails } from "./connector-details.js";
import { HolderDetails } from "./holder-details.js";
import { LeakDetails } from "./leak-details.js";
import { PoolDetails } from "./pool-details.js";
import { StatementDetails } from "./statement-details.js";

export interface Content {
  readonly kind: string;
  readonly title: string;
  readonly body: ComponentChildren;
}

/** What the details of a route show; what is there no more says so. */
export function contentOf({ kind, ids }: Route, state: FeedState, snapshot: MonitorSnapshot): Content {
  const [first = "", second = ""] = ids;
  const of = makers[kind](first, second, snapshot, state);
  return of ?? { kind, title: first, body: <p class="empty">{GONE[kind]}</p> };
}

const GONE: Readonly<Record<Route["kind"], string>> = {
  pool: "This pool is closed.",
  holder: "This lease has ended: its connection was given back.",
  statement: "This statement is not among the top ones any more.",
  leak: "This leak is not remembered any more.",
  alert: "This alert is not remembered any more.",
  connector: "This connector is closed.",
};

type Maker = (first: string, second: string, snapshot: MonitorSnapshot, state: FeedState) => Content | undefined;

const makers: Readonly<Record<Route["kind"], Maker>> = {
  pool: (name, _, snapshot, { histories, canAct }) => {
    const pool = snapshot.pools.find((one) => one.name === name);
    const history = histories.get(name) ?? empty();
    return pool && { kind: `${pool.kind} pool`, title: name, body: <PoolDetails {...{ pool, history, canAct }} /> };
  },
  holder: (name, leaseId, { pools }) => {
    const holder = pools.find((one) => one.name === name)?.holders.find((one) => String(one.leaseId) === leaseId);
    const title = holder?.label ?? `Lease ${leaseId}`;
    return holder && { kind: `holder in ${name}`, title, body: <HolderDetails holder={holder} /> };
  },
  statement: (name, fingerprint, snapshot) => {
    const statement = snapshot.statements.rows.find((one) => one.pool === name && one.fingerprint === fingerprint);
    const slow = snapshot.slowStatements.filter((one) => one.pool === name && one.fingerprint === fingerprint);
    if (!statement && slow.length === 0) return undefined;
    const body = <StatementDetails {...{ statement, slow }} />;
    return { kind: `statement in ${name}`, title: `Fingerprint ${fingerprint}`, body };
  },
  leak: (id, _, { leaks }) => {
    const leak = leaks.find((one) => String(one.id) === id);
    const title = leak?.holder.label ?? `Lease ${leak?.holder.leaseId ?? ""}`;
    return leak && { kind: `leak in ${leak.pool}`, title, body: <LeakDetails leak={leak} /> };
  },
  alert: (id, _, { alerts, takenAt }) => {
    const times = [...alerts.firing, ...alerts.resolved].filter((one) => one.id === id);
    const [alert] = times;
    return alert && { kind: "alert", title: alert.rule, body: <AlertDetails {...{ times, now: takenAt }} /> };
  },
  connector: (name, _, { connectors, takenAt, startedAt }) => {
    const connector = connectors.find((one) => one.name === name);
    const body = connector && <ConnectorDetails {...{ connector, now: takenAt, from: startedAt }} />;
    return connector && { kind: `${connector.kind} connector`, title: name, body };
  },
};
