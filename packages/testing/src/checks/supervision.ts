import { setTimeout as sleep } from "node:timers/promises";
import { ERROR_CLASSES, supervise, type Connector } from "@pool/core";
import { eventually, fails, keep, works } from "../broken-promise.js";
import type { Bench } from "../bench.js";
import { checksOf } from "../check.js";

const check = checksOf("connector");

// Whatever begins late begins within this time: attempts to come back are at most 400 ms apart.
const QUIET_MS = 500;

/** What a supervisor relies on. */
export const supervising = [
  check("after an outage the connector is ready again by itself, with the same client", ["outage"], async (bench) => {
    const connector = await bench.connected();
    using _ = supervise([connector]);
    const { client } = connector;
    const bringBack = await bench.outage();
    await goesAway(bench, connector);
    keep(connector.client === client, "the client is another one while the backend is away");
    await bringBack();
    await eventually(
      bench.patience,
      () => connector.isConnected,
      () => `its state is ${JSON.stringify(connector.state)} though the backend is back`,
    );
    keep(connector.client === client, "the client is another one after the outage");
    const { healthy } = await works("healthCheck", bench.patience, () => connector.healthCheck());
    keep(healthy, "it is unhealthy after the outage");
  }),

  check("the loss of the backend is told without a check", ["outage", "tellsLoss"], async (bench) => {
    const connector = await bench.connected();
    await bench.outage();
    await eventually(
      bench.patience,
      () => !connector.isConnected,
      () => "isConnected is true though the backend is away",
    );
    keep(connector.health?.healthy === false, "its health is not known to be bad");
  }),

  check(
    "a connector that is disconnected in an outage stays closed, and leaves nothing open when the backend is back",
    ["outage"],
    async (bench) => {
      const before = await bench.openCount();
      const connector = await bench.connected();
      using _ = supervise([connector]);
      const bringBack = await bench.outage();
      await goesAway(bench, connector);
      await eventually(
        bench.patience,
        () => connector.state !== "degraded",
        () => "no way back is tried",
      );
      await works("disconnect in an outage", bench.patience, () => connector.disconnect({ timeout: 0 }));
      await bringBack();
      await sleep(QUIET_MS);
      keep(connector.state === "closed", `its state is ${JSON.stringify(connector.state)} after disconnect`);
      await bench.fallsTo(before, "after disconnect in an outage");
    },
  ),

  check("a connect to where nobody is has the class connection", ["badConnector"], async (bench) => {
    const connector = bench.connector(() => bad(bench.adapter.badConnector?.()));
    const error = await fails("connect to what is not there", bench.patience, () => connector.connect());
    const found = connector.classify?.(error);
    keep(found === "connection", `its class is ${JSON.stringify(found)}`);
  }),

  check("classify knows a class for whatever is thrown", [], (bench) => {
    const connector = bench.connector();
    for (const thrown of [undefined, null, 0, "text", {}, new Error("x"), Object.create(null)] as unknown[]) {
      const found = connector.classify?.(thrown);
      keep(
        found !== undefined && ERROR_CLASSES.includes(found),
        `it says ${JSON.stringify(found)} of what is ${thrown === null ? "null" : `a ${typeof thrown}`}`,
      );
    }
    return Promise.resolve();
  }),
];

/** Waits until the connector knows that its backend is away: it is told, or finds out when it is asked. */
async function goesAway(bench: Bench, connector: Connector): Promise<void> {
  await eventually(
    bench.patience,
    async () => {
      if (connector.isConnected) await connector.healthCheck();
      return !connector.isConnected;
    },
    () => "isConnected is true though the backend is away",
  );
  keep(
    ["degraded", "reconnecting", "failed"].includes(connector.state),
    `its state is ${JSON.stringify(connector.state)} while the backend is away`,
  );
}

function bad(connector: Connector | undefined): Connector {
  keep(connector !== undefined, "badConnector gave nothing");
  return connector;
}
