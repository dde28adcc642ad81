import { fails, keep, works } from "../broken-promise.js";
import { checksOf } from "../check.js";

const check = checksOf("connector");

/** What a connector says of its backend. */
export const health = [
  check("healthCheck finds a good backend healthy, and says when and how fast", [], async (bench) => {
    const connector = await bench.connected();
    const found = await works("healthCheck", bench.patience, () => connector.healthCheck());
    keep(found.healthy, "it is unhealthy");
    keep(Number.isFinite(found.latencyMs) && found.latencyMs >= 0, `latencyMs is ${found.latencyMs}`);
    keep(Math.abs(found.checkedAt - Date.now()) < 60_000, `checkedAt is ${found.checkedAt}, which is not now`);
  }),

  check("healthCheck resolves with unhealthy before connect", [], async (bench) => {
    const connector = bench.connector();
    const found = await works("healthCheck before connect", bench.patience, () => connector.healthCheck());
    keep(!found.healthy, "it is healthy");
    keep(!connector.isConnected, "healthCheck has connected it");
  }),

  check("healthCheck finds out when the backend is away, and when it is back", ["outage"], async (bench) => {
    const connector = await bench.connected();
    const bringBack = await bench.outage();
    const away = await works("healthCheck while the backend is away", bench.patience, () =>
      connector.healthCheck({ timeout: bench.patience / 2 }),
    );
    keep(!away.healthy, "it is healthy while the backend is away");
    keep(away.error !== undefined, "it does not say why it is unhealthy");
    await bringBack();
    await connector.restart();
    const back = await works("healthCheck when the backend is back", bench.patience, () => connector.healthCheck());
    keep(back.healthy, "it is unhealthy when the backend is back and the connector restarted");
  }),

  check("healthCheck rejects with its signal's reason, and with nothing else", [], async (bench) => {
    const connector = await bench.connected();
    const reason = new Error("nobody wants to know any more");
    const error = await fails("healthCheck under an aborted signal", bench.patience, () =>
      connector.healthCheck({ signal: AbortSignal.abort(reason) }),
    );
    keep(error === reason, "it rejected with something else");
  }),

  check("key is equal for equal options", [], (bench) => {
    const [one, other] = [bench.connector(), bench.connector()];
    keep(one.key !== "", "the key is empty");
    keep(one.key === other.key, "two connectors of the same options have two keys");
    return Promise.resolve();
  }),

  check("key differs for other credentials", ["otherCredentials"], (bench) => {
    const other = bench.connector(() => bench.adapter.otherCredentials?.() ?? bench.adapter.connector());
    keep(
      bench.connector().key !== other.key,
      "the same place under other credentials has the same key, so the two would share",
    );
    return Promise.resolve();
  }),

  check("config shows the options in force and cannot be changed", [], (bench) => {
    const { config } = bench.connector();
    keep(Object.keys(config).length > 0, "config shows no option");
    keep(Object.isFrozen(config), "config is not frozen");
    return Promise.resolve();
  }),
];
