import { type Config } from "./config.js";
import { generate } from "./data/generate.js";
import { migrate } from "./data/migrate.js";
import { type Progress } from "./data/progress.js";
import { type OpenDatabase, openDatabase } from "./database.js";
import { buildServer } from "./server.js";
import { Shutdown } from "./shutdown.js";

export interface Service {
  /** Where it listens, for example `http://127.0.0.1:3000`. */
  readonly address: string;
  /** Resolves when everything is closed, with whether all that was accepted was finished in time. */
  readonly stopped: Promise<boolean>;
}

export interface StartOptions {
  readonly progress: Progress;
  /** Stops the service, or its start. */
  readonly signal: AbortSignal;
}

/**
 * Opens the pools, brings schema and data up to date, and listens; in this order, so that the first request finds everything. Stops in
 * the reverse order when the signal aborts.
 * @throws the signal's reason when it aborts before the service listens
 */
export async function startService(config: Config, { progress, signal }: StartOptions): Promise<Service> {
  const database = await openDatabase(config, signal);
  try {
    await migrate(database.store, database.dialect);
    await generate(database.store, database.dialect, config.data, progress, signal);
    return await listen(config, database, signal);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function listen(config: Config, database: OpenDatabase, signal: AbortSignal): Promise<Service> {
  const shutdown = new Shutdown();
  const app = await buildServer(config, database, shutdown);
  const address = await app.listen({ host: config.host, port: config.port });

  const stop = async (): Promise<boolean> => {
    const deadline = performance.now() + config.shutdownTimeout;
    app.log.info({ reason: String(signal.reason) }, "stopping");
    const inTime = await shutdown.stop(app, { delay: config.shutdownDelay, deadline });
    // Only now: what was accepted may need a connection to the end.
    await database.close(Math.max(0, deadline - performance.now()));
    app.log.info({ inTime }, "stopped");
    return inTime;
  };
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  return { address, stopped: aborted.then(stop) };
}
