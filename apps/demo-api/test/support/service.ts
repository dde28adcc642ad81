import { onTestFinished } from "vitest";
import { type Config, readConfig } from "../../src/config.js";
import { silent } from "../../src/data/progress.js";
import { type Service, startService } from "../../src/lifecycle.js";
import { Client } from "./client.js";
import { type Backend, type TestDatabase } from "./databases.js";

/** Enough rows for every route, and made in a moment. */
export const SMALL = { DATA_PRODUCTS: "60", DATA_CUSTOMERS: "40", DATA_ORDERS: "300" };

/** The configuration of a service on this database. */
export function testConfig(database: Pick<TestDatabase, "env">, env: Record<string, string> = {}): Config {
  const quiet = { PORT: "0", LOG_LEVEL: "silent", SHUTDOWN_DELAY: "10ms" };
  return readConfig({ ...quiet, ...SMALL, ...database.env, ...env });
}

export interface TestService {
  readonly client: Client;
  readonly service: Service;
  readonly config: Config;
  stop(): Promise<boolean>;
}

/** The whole service on a real socket and a real database. Stop it yourself, best in `afterAll` or `onTestFinished`. */
export async function startTestService(
  database: Pick<TestDatabase, "env">,
  env: Record<string, string> = {},
): Promise<TestService> {
  const config = testConfig(database, env);
  const controller = new AbortController();
  const service = await startService(config, { progress: silent, signal: controller.signal });
  const stop = (): Promise<boolean> => {
    controller.abort(new Error("the test is over"));
    return service.stopped;
  };
  return { client: new Client(service.address), service, config, stop };
}

/** The same for one test: stopped and removed with it. */
export async function serviceForTest(
  backend: Backend,
  env: Record<string, string> = {},
): Promise<TestService & { database: TestDatabase }> {
  const database = await backend.create();
  const running = await startTestService(database, env);
  onTestFinished(async () => {
    await running.stop();
  });
  return { ...running, database };
}

/** Waits until `check` finds something, at most `timeout` ms. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined> | T | undefined,
  timeout = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${timeout} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
