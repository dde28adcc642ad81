import { keep, outcomeOf } from "../broken-promise.js";
import type { Bench } from "../bench.js";
import { checksOf } from "../check.js";
import { recordEvents, secretIn, show } from "../secrets.js";

const check = checksOf("connector", "secrets");

/** Where a password must not turn up. */
export const secrecy = [
  check("config, key and dump of a connector hold no secret", [], async (bench) => {
    const connector = bench.connector();
    hidden(bench, "config", connector.config);
    hidden(bench, "key", connector.key);
    hidden(bench, "the dump of a new connector", connector);
    await connector.connect();
    hidden(bench, "the dump of a connected connector", connector);
    hidden(bench, "the dump of its client", connector.client);
    hidden(bench, "the finding of healthCheck", await connector.healthCheck());
  }),

  check("errors hold no secret", ["badConnector"], async (bench) => {
    const makers = [() => bench.adapter.badConnector?.(), () => bench.adapter.otherCredentials?.()];
    for (const make of makers) {
      const connector = make();
      if (!connector) continue;
      bench.connector(() => connector);
      const outcome = await outcomeOf("connect", bench.patience, () => connector.connect());
      if (outcome.status === "rejected") hidden(bench, "the error of a failed connect", outcome.reason);
      const { error } = await connector.healthCheck();
      hidden(bench, "the error of healthCheck", error);
    }
  }),

  check("events hold no secret", [], async (bench) => {
    const recording = recordEvents();
    bench.defer(() => recording.stop());
    const connector = await bench.connected();
    await connector.healthCheck();
    const bad = bench.adapter.badConnector?.();
    if (bad) await outcomeOf("connect", bench.patience, () => bench.connector(() => bad).connect());
    await connector.disconnect();
    recording.stop();
    keep(recording.events.length > 0, "not one event was published while it connected, was checked and disconnected");
    for (const { channel, shown } of recording.events) {
      const secret = secretIn(shown, bench.adapter.secrets ?? []);
      keep(secret === undefined, `the event ${channel} holds the secret number ${numberOf(bench, secret)}`);
    }
  }),
];

function hidden(bench: Bench, where: string, value: unknown): void {
  const secret = secretIn(show(value), bench.adapter.secrets ?? []);
  keep(secret === undefined, `${where} holds the secret number ${numberOf(bench, secret)}`);
}

/** Secrets are told by their place in the list: a failure must not print one either. */
function numberOf(bench: Bench, secret: string | undefined): number {
  return (bench.adapter.secrets ?? []).indexOf(secret ?? "") + 1;
}
