import { isPoolError, type Connector } from "@pool/core";
import { fails, keep, outcomeOf, works } from "../broken-promise.js";
import { checksOf } from "../check.js";
import { ioOf } from "../io-watch.js";

const check = checksOf("connector");

/** A connector from its making to its end. */
export const connecting = [
  check("making a connector does no I/O", [], async (bench) => {
    const before = await bench.openCount();
    let made: Connector | undefined;
    const io = await ioOf(20, () => {
      made = bench.connector();
    });
    keep(io.length === 0, `Node was asked for ${io.join(", ")}`);
    keep((await bench.openCount()) === before, "something is open on the backend before connect");
    keep(made?.state === "idle", `its state is ${JSON.stringify(made?.state)}`);
    keep(!made.isConnected, "isConnected is true before connect");
  }),

  check("client throws NOT_CONNECTED before connect and after disconnect", [], async (bench) => {
    const connector = bench.connector();
    throwsNotConnected(connector, "before connect");
    await works("connect", bench.patience, () => connector.connect());
    await works("disconnect", bench.patience, () => connector.disconnect());
    throwsNotConnected(connector, "after disconnect");
  }),

  check("connect makes the connector ready and resolves with it", [], async (bench) => {
    const connector = bench.connector();
    keep(
      (await works("connect", bench.patience, () => connector.connect())) === connector,
      "connect resolved with something else",
    );
    keep(connector.isConnected, "isConnected is false after connect");
    keep(connector.state === "ready", `its state is ${JSON.stringify(connector.state)} after connect`);
    keep(connector.client === connector.client, "client is another object at each look");
  }),

  check("connect is idempotent, and concurrent calls share one attempt", [], async (bench) => {
    const before = await bench.openCount();
    const single = await bench.connected();
    const perConnect = (await bench.openCount()) - before;
    await single.disconnect();
    await bench.fallsTo(before, "after disconnect");
    const connector = bench.connector();
    await works("5 calls of connect at once", bench.patience, () =>
      Promise.all(Array.from({ length: 5 }, () => connector.connect())),
    );
    const { client } = connector;
    await works("another connect", bench.patience, () => connector.connect());
    keep(connector.client === client, "another connect replaced the client");
    const opened = (await bench.openCount()) - before;
    keep(opened <= perConnect, `6 calls of connect opened ${opened} on the backend where one opens ${perConnect}`);
  }),

  check("a connect whose caller has gone leaves nothing open and can be tried again", [], async (bench) => {
    const before = await bench.openCount();
    const connector = bench.connector();
    const signal = AbortSignal.abort(new Error("the caller has gone"));
    await fails("connect under an aborted signal", bench.patience, () => connector.connect({ signal }));
    keep(!connector.isConnected, "isConnected is true after an aborted connect");
    const controller = new AbortController();
    const onItsWay = outcomeOf("connect that is aborted on its way", bench.patience, () =>
      connector.connect({ signal: controller.signal }),
    );
    controller.abort();
    if ((await onItsWay).status === "rejected") await bench.fallsTo(before, "after an aborted connect");
    await works("the next connect", bench.patience, () => connector.connect());
    keep(connector.isConnected, "isConnected is false after the next connect");
  }),

  check("disconnect lets go of everything, as often as it is called", [], async (bench) => {
    const before = await bench.openCount();
    const connector = bench.connector();
    await works("disconnect before connect", bench.patience, () => connector.disconnect());
    await works("connect", bench.patience, () => connector.connect());
    await works("3 calls of disconnect at once", bench.patience, () =>
      Promise.all([1, 2, 3].map(() => connector.disconnect())),
    );
    keep(!connector.isConnected, "isConnected is true after disconnect");
    keep(connector.state === "closed", `its state is ${JSON.stringify(connector.state)} after disconnect`);
    await works("another disconnect", bench.patience, () => connector.disconnect());
    await bench.fallsTo(before, "after disconnect");
  }),

  check("a connector can connect again after disconnect, and ends with its block", [], async (bench) => {
    const before = await bench.openCount();
    const connector = await bench.connected();
    await connector.disconnect();
    await works("connect after disconnect", bench.patience, () => connector.connect());
    keep((await connector.healthCheck()).healthy, "healthCheck is unhealthy after connect, disconnect, connect");
    await works("the end of its block", bench.patience, () => connector[Symbol.asyncDispose]());
    keep(!connector.isConnected, "isConnected is true after the end of its block");
    await bench.fallsTo(before, "after the end of its block");
  }),
];

/** Fails unless `client` throws as it should. */
export function throwsNotConnected(connector: Connector, when: string): void {
  let error: unknown;
  try {
    Reflect.get(connector, "client");
  } catch (thrown) {
    error = thrown;
  }
  keep(error !== undefined, `client was there ${when}`);
  keep(isPoolError(error, "NOT_CONNECTED"), `client threw something else than NOT_CONNECTED ${when}`);
}
