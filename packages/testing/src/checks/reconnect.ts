import { isPoolError, type Connector } from "@pool/core";
import { fails, keep, works } from "../broken-promise.js";
import { checksOf } from "../check.js";
import { throwsNotConnected } from "./connect.js";

const check = checksOf("connector");

/** Attempts that fail, fresh starts, and neighbours. */
export const reconnecting = [
  check(
    "a failed connect rejects with a PoolError that says why, and leaves nothing open",
    ["badConnector"],
    async (bench) => {
      const before = await bench.openCount();
      const connector = bench.connector(() => bad(bench.adapter.badConnector?.()));
      const error = await fails("connect to what is not there", bench.patience, () => connector.connect());
      keep(isPoolError(error), "the error is no PoolError");
      keep(error.code !== "", "the error has no code");
      keep(error.message.length >= 10, `the message is only ${JSON.stringify(error.message)}`);
      keep(
        !connector.isConnected && connector.state === "failed",
        `its state is ${JSON.stringify(connector.state)} after a failed connect`,
      );
      throwsNotConnected(connector, "after a failed connect");
      await bench.fallsTo(before, "after a failed connect");
    },
  ),

  check("a failed connect can be tried again", ["badConnector"], async (bench) => {
    const connector = bench.connector(() => bad(bench.adapter.badConnector?.()));
    await fails("connect to what is not there", bench.patience, () => connector.connect());
    if (bench.adapter.repair) {
      const undo = await bench.adapter.repair();
      if (typeof undo === "function") bench.defer(undo as () => unknown);
      await works("connect after the cause is gone", bench.patience, () => connector.connect());
      keep(connector.isConnected, "isConnected is false after connect");
    } else {
      const error = await fails("the second connect to what is not there", bench.patience, () => connector.connect());
      keep(isPoolError(error), "the second error is no PoolError");
    }
    await works("disconnect", bench.patience, () => connector.disconnect());
  }),

  check("restart gives a fresh client behind the same connector", [], async (bench) => {
    const connector = await bench.connected();
    const { client } = connector;
    const open = await bench.openCount();
    keep(
      (await works("restart", bench.patience, () => connector.restart())) === connector,
      "restart resolved with something else",
    );
    keep(connector.isConnected, "isConnected is false after restart");
    keep(connector.client !== client, "the client is the old one");
    await bench.fallsTo(open, "after restart");
  }),

  check("connectors are independent of one another", [], async (bench) => {
    const [one, other] = [await bench.connected(), await bench.connected()];
    keep(one.client !== other.client, "two connectors share one client");
    await one.disconnect();
    keep(other.isConnected, "disconnect of one has disconnected another");
    const { healthy } = await works("healthCheck of the other", bench.patience, () => other.healthCheck());
    keep(healthy, "disconnect of one has made another unhealthy");
  }),
];

function bad(connector: Connector | undefined): Connector {
  keep(connector !== undefined, "badConnector gave nothing");
  return connector;
}
